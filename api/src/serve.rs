//! Starting and stopping.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};
use veilpass_shared_state::SharedState;
use veilpass_store::{Store, StoreConfig};
use veilpass_telemetry::{MemoryThresholds, MemoryWatcher, OpsServer, allow_open_files, serve_http};

use crate::{
    cache,
    config::Config,
    limits::http_limits,
    master_key::master_key,
    metrics_layer,
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
        cors_origins: config.cors_origins.clone().unwrap_or_else(origins_of_audiences),
        audiences: config.audiences.into_iter().collect(),
        max_session_seconds: config.max_session_seconds,
        queue_capacity: config.queue_capacity,
        max_queue_wait: Duration::from_secs(config.max_queue_wait_seconds),
        trusted_proxies: config.trusted_proxies,
        max_chain_age_seconds: config.max_chain_age_seconds,
        max_requests: config.max_requests.get(),
    };
    let _ops = match config.ops_listen {
        Some(address) => Some(start_ops(address, store.clone()).await?),
        None => None,
    };
    let watcher = MemoryWatcher::new(thresholds);
    let shared = SharedState::in_memory();
    let state = AppState::new(store.clone(), verifier, policy, master_key, watcher.level(), shared)
        .reading(&config.rpc_urls)?;
    let _sweep = sweep_regularly(&state, Duration::from_secs(config.sweep_interval_seconds));
    let (emptied, swept) = (state.facts.clone(), state.facts.clone());
    let _memory = watcher.on_critical(move || emptied.clear()).regularly(move || swept.drop_expired()).start();
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
    });
    let forced = async {
        stopping.notified().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = serve => {}
        () = forced => tracing::warn!("requests in flight did not end in time"),
    }
    store.close().await;
    Ok(())
}

/// The ownership sweep, if there are keys to read the records with, an RPC to ask and an interval.
fn sweep_regularly(state: &AppState, interval: Duration) -> Option<JoinSet<()>> {
    if interval.is_zero() {
        return None;
    }
    state.sweep().map(|sweep| sweep.start(interval))
}

/// Metrics and health for operators. Ready means that the database answers.
async fn start_ops(address: SocketAddr, store: Store) -> anyhow::Result<OpsServer> {
    let ops = OpsServer::start(address, move || {
        let store = store.clone();
        async move { store.ping().await.is_ok() }
    })
    .await?;
    cache::describe();
    metrics_layer::describe();
    sweep::describe();
    Ok(ops)
}
