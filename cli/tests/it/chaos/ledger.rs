//! What was asked for, and what must come of it.

use std::{collections::BTreeMap, sync::Mutex};

use veilpass_protocol::ProofStatement;

/// How a job must end. (A client that cancels would add its own.)
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
}

impl Ledger {
    pub(super) fn accepted(&self, path: &str, job: Accepted) {
        self.jobs.lock().unwrap().insert(path.to_owned(), job);
    }

    pub(super) fn jobs(&self) -> BTreeMap<String, Accepted> {
        self.jobs.lock().unwrap().clone()
    }
}
