//! What every handler shares.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use veilpass_store::Store;

use crate::verifier::ProofChecks;

/// What this deployment accepts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who proofs may be for.
    pub audiences: BTreeSet<String>,
    /// For how long a session may live, in seconds.
    pub max_session_seconds: u64,
    /// How many proof jobs may wait.
    pub queue_capacity: u32,
    /// For how long news of the chain count, in seconds: without any, nothing of an anchored registry is settled here.
    pub max_chain_age_seconds: u64,
}

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Store,
    pub(crate) verifier: Arc<ProofChecks>,
    pub(crate) policy: Arc<Policy>,
}

impl AppState {
    /// Puts the parts together.
    pub fn new(store: Store, verifier: ProofChecks, policy: Policy) -> Self {
        Self { store, verifier: Arc::new(verifier), policy: Arc::new(policy) }
    }
}

/// Seconds since the Unix epoch.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
