//! Starting and stopping.

use std::{net::SocketAddr, num::NonZeroU32, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};
use veilpass_shared_state::{Quota, RedisUrl, SharedState};
use veilpass_store::{Reporting, ServiceInstance, Store, StoreConfig};
use veilpass_telemetry::{
    MemoryThresholds, MemoryWatcher, OpsServer, allow_open_files, describe_alerts, describe_rpc, serve_http,
};

use crate::{
    cache,
    config::Config,
    grants::Grants,
    idempotency,
    limits::http_limits,
    master_key::master_key,
    metrics_layer,
    ops::{self, OperatorKey},
    problem,
    replicas::Replica,
    router::router,
    state::{AppState, Policy},
    sweep,
    verifier::ProofChecks,
};

/// How long a stopping API waits for requests in flight.
const DRAIN: Duration = Duration::from_secs(30);
/// Files that may be open beside the connections of clients: to the database, of operators, of the runtime.
const OTHER_FILES: u64 = 256;

/// Serves until SIGTERM or SIGINT, then finishes the requests in flight.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let thresholds = MemoryThresholds::from_mb(config.memory_warn_mb, config.memory_critical_mb)?;
    allow_open_files(config.max_connections.get() as u64 + OTHER_FILES);
    let master_key = master_key(&config)?;
    let redis_url = RedisUrl::of_setting(config.redis_url.as_ref()).context("--redis-url")?;
    ensure!(
        redis_url.is_none() || master_key.is_some(),
        "REDIS_URL needs a master key, from which all replicas derive the same names of clients: set VEILPASS_MASTER_KEY \
         (make one with `openssl rand -hex 32`)"
    );
    let verifier = ProofChecks::new()?;
    tracing::info!(
        vk_hash = veilpass_circuit::verification_key_hash(),
        circuit_sha256 = veilpass_circuit::artifact_sha256(),
        "proofs are checked under the pinned verification key"
    );
    let store_config = StoreConfig {
        max_connections: config.database_connections,
        application_name: "veilpass-api",
        ..StoreConfig::default()
    };
    let store = Store::connect_lazy(&config.database_url, &store_config)?;
    let origins_of_audiences = || config.audiences.iter().filter_map(|audience| audience.parse().ok()).collect();
    let policy = Policy {
        grants: config.grant_policy()?,
        cors_origins: config.cors_origins.clone().unwrap_or_else(origins_of_audiences),
        audiences: config.audiences.into_iter().collect(),
        max_session_seconds: config.max_session_seconds,
        queue_capacity: config.queue_capacity,
        max_queue_wait: Duration::from_secs(config.max_queue_wait_seconds),
        trusted_proxies: config.trusted_proxies,
        max_chain_age_seconds: config.max_chain_age_seconds,
        max_requests: config.max_requests.get(),
        rate_limit: quota(config.rate_limit_per_minute, config.rate_limit_burst),
        anonymity_floor: config.anonymity_floor,
        anonymity_policy: config.anonymity_policy,
        max_event_streams: config.max_event_streams,
        max_event_streams_per_client: config.max_event_streams_per_client.get(),
        replaceable_after: Duration::from_secs(config.replacement_seconds),
    };
    let replica = Replica::new(store.clone(), redis_url.is_some(), config.replica_wait_seconds);
    let place = replica.take_place().await?;
    let shared = SharedState::connect(redis_url.as_ref()).await?;
    let watcher = MemoryWatcher::new(thresholds);
    let state = AppState::new(store.clone(), verifier, policy, master_key, shared, watcher.level())
        .reading(&config.rpc_urls)?;
    let _sweep = sweep_regularly(&state, Duration::from_secs(config.sweep_interval_seconds));
    let _ops = match config.ops_listen {
        Some(address) => {
            let pages = config.ops_pages.as_deref();
            Some(start_ops(address, state.clone(), config.operator_keys, pages).await?)
        }
        None => None,
    };
    let _upkeep = match &state.grants {
        Some(grants) => Some(start_grants(Arc::clone(grants)).await?),
        None => None,
    };
    let (emptied, swept) = (state.facts.clone(), state.clone());
    let _memory = watcher.on_critical(move || emptied.clear()).regularly(move || swept.drop_expired()).start();
    let streams = Arc::clone(&state.event_streams);
    let app = router(state);
    let listener = TcpListener::bind((config.host, config.port))
        .await
        .with_context(|| format!("cannot listen on {}:{}", config.host, config.port))?;
    // On standard output, for whoever started this with port 0.
    println!("listening on http://{}", listener.local_addr()?);

    let stopping = Arc::new(Notify::new());
    let signalled = Arc::clone(&stopping);
    let serve = serve_http(listener, app, http_limits(config.max_connections.get()), async move {
        veilpass_telemetry::shutdown_signal().await;
        signalled.notify_one();
        // They would keep their connections for minutes.
        streams.stopping.cancel();
    });
    let forced = async {
        stopping.notified().await;
        tokio::time::sleep(DRAIN).await;
    };
    let served = tokio::select! {
        () = serve => Ok(()),
        () = forced => {
            tracing::warn!("requests in flight did not end in time");
            Ok(())
        }
        refused = replica.keep_place(place) => Err(refused),
    };
    store.close().await;
    served
}

fn quota(per_minute: u32, burst: Option<NonZeroU32>) -> Option<Quota> {
    let per_minute = NonZeroU32::new(per_minute)?;
    Some(Quota { per_minute, burst: burst.unwrap_or(per_minute) })
}

/// The ownership sweep, if there are keys to read the records with, an RPC to ask and an interval.
fn sweep_regularly(state: &AppState, interval: Duration) -> Option<JoinSet<()>> {
    if interval.is_zero() {
        return None;
    }
    state.sweep().map(|sweep| sweep.start(interval))
}

/// Sees to the keys of session grants, from now on and until the value is dropped.
async fn start_grants(grants: Arc<Grants>) -> anyhow::Result<JoinSet<()>> {
    grants.prepare().await.context("--master-key")?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { grants.maintain().await });
    Ok(tasks)
}

/// Metrics, health and the operators' routes. Ready means that the database answers.
async fn start_ops(
    address: SocketAddr,
    state: AppState,
    keys: Vec<OperatorKey>,
    pages: Option<&Path>,
) -> anyhow::Result<(OpsServer, Reporting)> {
    let (store, reported) = (state.store.clone(), state.store.clone());
    let endpoints = state.chain.as_ref().map_or(0, |chain| chain.endpoints());
    let ready = move || {
        let store = store.clone();
        async move { store.ping().await.is_ok() }
    };
    let ops = OpsServer::start_with_routes("api", address, ready, ops::router(state, keys, pages)?).await?;
    cache::describe();
    veilpass_shared_state::describe_metrics();
    metrics_layer::describe();
    idempotency::describe();
    sweep::describe();
    problem::figures::describe();
    describe_rpc(endpoints);
    describe_alerts(&["grant_keys"]);
    let metrics = ops.metrics();
    let this = ServiceInstance::of_this_process("api");
    Ok((ops, reported.keep_reporting(this, move || metrics.render())))
}
