//! What every handler shares.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::Context;
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::watch, task::JoinSet};
use veilpass_protocol::MasterKey;
use veilpass_shared_state::{Quota, RateLimiter, SharedState};
use veilpass_store::{JobSignals, Store};
use veilpass_telemetry::MemoryLevel;
use zeroize::Zeroizing;

use crate::{
    admission::Admission,
    anonymity::{Anonymity, AnonymityPolicy},
    cache::Facts,
    chain::{ChainReader, RpcUrl},
    client_address::Clients,
    cors::Origin,
    download::Downloads,
    enrolment::EnrolmentKeys,
    event_streams::EventStreams,
    grants::{GrantPolicy, Grants},
    idempotency::Records,
    limits::InFlight,
    network::Network,
    problem::Problem,
    reference_string::ReferenceString,
    stages,
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
    /// How session grants are issued.
    pub grants: GrantPolicy,
    /// Whose pages may call this API from a browser.
    pub cors_origins: Vec<Origin>,
    /// What a client may ask; none: no limit.
    pub rate_limit: Option<Quota>,
    /// How many holders of a track are enough to hide among, and what is done about fewer.
    pub anonymity_floor: u64,
    /// What is done about a track with fewer.
    pub anonymity_policy: AnonymityPolicy,
    /// How many streams of events may be open.
    pub max_event_streams: usize,
    /// How many of these may be one client's; one more ends its oldest.
    pub max_event_streams_per_client: usize,
    /// How old an enrolment must be before its wallet may replace it.
    pub replaceable_after: Duration,
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
    pub(crate) clients: Arc<Clients>,
    pub(crate) signals: JobSignals,
    /// What replicas share: single-use values, messages.
    pub(crate) shared: SharedState,
    /// None: no limit.
    pub(crate) rate_limiter: Option<RateLimiter>,
    pub(crate) idempotency: Arc<Records>,
    /// Hides who enrolled; none without a master key.
    pub(crate) enrolment: Option<Arc<EnrolmentKeys>>,
    /// None: no RPC is configured.
    pub(crate) chain: Option<Arc<ChainReader>>,
    pub(crate) anonymity: Anonymity,
    pub(crate) downloads: Downloads,
    pub(crate) reference_string: Arc<ReferenceString>,
    pub(crate) event_streams: Arc<EventStreams>,
    /// None without a master key.
    pub(crate) grants: Option<Arc<Grants>>,
    /// Aborted with the last clone.
    _stages: Arc<JoinSet<()>>,
}

impl AppState {
    /// Puts the parts together, and listens for the ends of jobs. `memory` is the level of this process. Needs a tokio
    /// runtime.
    pub fn new(
        store: Store,
        verifier: ProofChecks,
        policy: Policy,
        master_key: Option<MasterKey>,
        shared: SharedState,
        memory: watch::Receiver<MemoryLevel>,
    ) -> Self {
        let signals = store.job_signals();
        let key = |label| derived_or_drawn(master_key.as_ref(), label);
        let grants = |key: &MasterKey| Arc::new(Grants::new(store.clone(), key, policy.grants.clone()));
        Self {
            rate_limiter: policy.rate_limit.map(|quota| RateLimiter::new(shared.clone(), "rate-limit", quota)),
            idempotency: Arc::new(Records::new(shared.clone(), key("veilpass.v1.idempotency-records"))),
            clients: Arc::new(Clients::new(key("veilpass.v1.callers"), policy.trusted_proxies.clone())),
            grants: master_key.as_ref().map(grants),
            _stages: Arc::new(stages::listen(&shared, signals.clone())),
            facts: Facts::new(store.clone()),
            in_flight: Arc::new(InFlight::new(policy.max_requests, memory)),
            admission: Arc::new(Admission::new(store.clone(), policy.max_queue_wait)),
            signals,
            anonymity: Anonymity::new(store.clone(), policy.anonymity_floor, policy.anonymity_policy),
            downloads: Downloads::new(store.clone()),
            reference_string: Arc::default(),
            event_streams: Arc::new(EventStreams::new(policy.max_event_streams, policy.max_event_streams_per_client)),
            store,
            verifier: Arc::new(verifier),
            shared,
            enrolment: master_key.as_ref().map(EnrolmentKeys::derive).map(Arc::new),
            chain: None,
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

impl AppState {
    /// Frees what has expired. Must be called within the runtime.
    pub(crate) fn drop_expired(&self) {
        self.facts.drop_expired();
        self.shared.drop_expired();
        if let Some(limiter) = self.rate_limiter.clone() {
            tokio::spawn(async move { limiter.drop_expired().await });
        }
    }
}

/// Without a master key there are no other replicas, and a key of this process will do.
fn derived_or_drawn(master_key: Option<&MasterKey>, label: &str) -> Zeroizing<[u8; 32]> {
    master_key.map_or_else(|| Zeroizing::new(rand::rng().random()), |master_key| master_key.derive(label))
}

impl AppState {
    /// What issues and checks session grants, if this deployment does.
    pub(crate) fn grants(&self) -> Result<&Grants, Problem> {
        self.grants
            .as_deref()
            .ok_or_else(|| Problem::not_configured("session grants need a master key: --master-key-file"))
    }
}
