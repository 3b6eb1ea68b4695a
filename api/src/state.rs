//! What every handler shares.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use veilpass_protocol::MasterKey;
use veilpass_shared_state::SharedState;
use veilpass_store::{JobSignals, Store};
use veilpass_telemetry::MemoryLevel;

use crate::{
    admission::Admission,
    cache::Facts,
    chain::{ChainReader, RpcUrl},
    client_address::{ClientBuckets, Network},
    cors::Origin,
    enrolment::EnrolmentKeys,
    limits::InFlight,
    sweep::Sweep,
    verifier::ProofChecks,
};

/// What this deployment accepts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who proofs may be for.
    pub audiences: BTreeSet<String>,
    /// For how long a session may live, in seconds.
    pub max_session_seconds: u64,
    /// How many proof jobs may wait.
    pub queue_capacity: u32,
    /// For how long a new job may have to wait, by estimate.
    pub max_queue_wait: Duration,
    /// Who may say in `X-Forwarded-For` whom a request comes from.
    pub trusted_proxies: Vec<Network>,
    /// For how long news of the chain count, in seconds: without any, nothing of an anchored registry is settled here.
    pub max_chain_age_seconds: u64,
    /// How many requests may be worked on at once.
    pub max_requests: usize,
    /// Whose pages may call this API from a browser.
    pub cors_origins: Vec<Origin>,
}

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Store,
    pub(crate) verifier: Arc<ProofChecks>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) facts: Facts,
    pub(crate) in_flight: Arc<InFlight>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) clients: Arc<ClientBuckets>,
    pub(crate) signals: JobSignals,
    /// What replicas share.
    pub(crate) shared: SharedState,
    /// Hides who enrolled; none without a master key.
    pub(crate) enrolment: Option<Arc<EnrolmentKeys>>,
    /// None: no RPC is configured.
    pub(crate) chain: Option<Arc<ChainReader>>,
    /// What keys are derived from; none: whatever needs one answers `not-configured`.
    #[allow(dead_code, reason = "session grants derive their keys from it")]
    pub(crate) master_key: Option<Arc<MasterKey>>,
}

impl AppState {
    /// Puts the parts together, and listens for the ends of jobs. `memory` is the level of this process. Needs a tokio
    /// runtime.
    pub fn new(
        store: Store,
        verifier: ProofChecks,
        policy: Policy,
        master_key: Option<MasterKey>,
        memory: watch::Receiver<MemoryLevel>,
        shared: SharedState,
    ) -> Self {
        Self {
            facts: Facts::new(store.clone()),
            in_flight: Arc::new(InFlight::new(policy.max_requests, memory)),
            admission: Arc::new(Admission::new(store.clone(), policy.max_queue_wait)),
            clients: Arc::new(ClientBuckets::new(policy.trusted_proxies.clone())),
            signals: store.job_signals(),
            store,
            verifier: Arc::new(verifier),
            shared,
            enrolment: master_key.as_ref().map(EnrolmentKeys::derive).map(Arc::new),
            chain: None,
            master_key: master_key.map(Arc::new),
            policy: Arc::new(policy),
        }
    }

    /// The same, that reads the chain at these RPC endpoints, if there are any.
    ///
    /// # Errors
    /// If a URL does not parse (it is not repeated: it may hold a key), or TLS cannot be set up.
    pub fn reading(self, rpc_urls: &[SecretString]) -> anyhow::Result<Self> {
        let parse = |url: &SecretString| url.expose_secret().trim().parse::<RpcUrl>();
        let urls = rpc_urls.iter().map(parse).collect::<Result<Vec<_>, _>>().context("--rpc-urls")?;
        let chain = if urls.is_empty() { None } else { Some(Arc::new(ChainReader::new(urls)?)) };
        Ok(Self { chain, ..self })
    }

    /// The ownership sweep; none without a master key or an RPC.
    pub(crate) fn sweep(&self) -> Option<Sweep> {
        let (keys, chain) = (self.enrolment.clone()?, self.chain.clone()?);
        Some(Sweep { store: self.store.clone(), keys, chain })
    }
}

/// Seconds since the Unix epoch.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
