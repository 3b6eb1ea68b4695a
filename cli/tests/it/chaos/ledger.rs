//! What was asked for, and what must come of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use veilpass_cli::client::{DelegatedProof, Job};
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
    jobs: Mutex<BTreeMap<String, (Job, Accepted)>>,
    /// Of those who waited in their request: the answer was the only time to take it.
    taken: Mutex<BTreeMap<String, DelegatedProof>>,
    cancelled: Mutex<BTreeSet<String>>,
}

impl Ledger {
    pub(super) fn accepted(&self, job: &Job, what: Accepted) {
        self.jobs.lock().unwrap().insert(job.path.clone(), (job.clone(), what));
    }

    pub(super) fn jobs(&self) -> BTreeMap<String, (Job, Accepted)> {
        self.jobs.lock().unwrap().clone()
    }

    pub(super) fn takes(&self, job: &Job, proof: DelegatedProof) {
        self.taken.lock().unwrap().insert(job.path.clone(), proof);
    }

    pub(super) fn taken(&self, job: &Job) -> Option<DelegatedProof> {
        self.taken.lock().unwrap().get(&job.path).cloned()
    }

    /// A client is about to cancel it: it may end so, or have ended before.
    pub(super) fn cancels(&self, path: &str) {
        self.cancelled.lock().unwrap().insert(path.to_owned());
    }

    pub(super) fn cancelled(&self) -> BTreeSet<String> {
        self.cancelled.lock().unwrap().clone()
    }
}
