//! What was asked for, and what must come of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use veilpass_protocol::ProofStatement;

/// How a job must end, unless it is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// With a proof.
    Proof,
    /// Without one, with this code.
    Refusal(&'static str),
}

/// An accepted job.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    /// Number of the holder who asked.
    pub(super) holder: u64,
    pub(super) statement: ProofStatement,
    pub(super) due: Due,
}

/// Every accepted job, by its path. A duplicate that the API answers with the job of before is that job.
#[derive(Default)]
pub(super) struct Ledger {
    jobs: Mutex<BTreeMap<String, Accepted>>,
    cancelled: Mutex<BTreeSet<String>>,
}

impl Ledger {
    pub(super) fn accepted(&self, path: &str, job: Accepted) {
        self.jobs.lock().unwrap().insert(path.to_owned(), job);
    }

    pub(super) fn jobs(&self) -> BTreeMap<String, Accepted> {
        self.jobs.lock().unwrap().clone()
    }

    /// A client is about to cancel it: it may end so, or have ended before.
    pub(super) fn cancels(&self, path: &str) {
        self.cancelled.lock().unwrap().insert(path.to_owned());
    }

    pub(super) fn cancelled(&self) -> BTreeSet<String> {
        self.cancelled.lock().unwrap().clone()
    }
}
