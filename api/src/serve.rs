//! Starting and stopping.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, sync::Notify};
use veilpass_store::{Store, StoreConfig};

use crate::{
    config::Config,
    router::router,
    state::{AppState, Policy},
    verifier::ProofChecks,
};

/// How long a stopping API waits for requests in flight.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until SIGTERM or SIGINT, then finishes the requests in flight.
pub async fn run(config: Config) -> anyhow::Result<()> {
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
    let policy = Policy {
        audiences: config.audiences.into_iter().collect(),
        max_session_seconds: config.max_session_seconds,
        queue_capacity: config.queue_capacity,
        max_queue_wait: Duration::from_secs(config.max_queue_wait_seconds),
        trusted_proxies: config.trusted_proxies,
        max_chain_age_seconds: config.max_chain_age_seconds,
    };
    let app =
        router(AppState::new(store.clone(), verifier, policy)).into_make_service_with_connect_info::<SocketAddr>();
    let listener = TcpListener::bind((config.host, config.port))
        .await
        .with_context(|| format!("cannot listen on {}:{}", config.host, config.port))?;
    // On standard output, for whoever started this with port 0.
    println!("listening on http://{}", listener.local_addr()?);

    let stopping = Arc::new(Notify::new());
    let signalled = Arc::clone(&stopping);
    let serve = axum::serve(listener, app).with_graceful_shutdown(async move {
        veilpass_telemetry::shutdown_signal().await;
        signalled.notify_one();
    });
    let forced = async {
        stopping.notified().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        outcome = serve => outcome?,
        () = forced => tracing::warn!("requests in flight did not end in time"),
    }
    store.close().await;
    Ok(())
}
