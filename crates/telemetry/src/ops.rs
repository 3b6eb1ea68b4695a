//! The listener for operators: metrics and health, apart from the port that clients see.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    routing::get,
};
use tokio::{task::JoinSet, time::interval};

use crate::{
    alert::describe_alerts,
    http::{HttpLimits, listen, serve_http},
    metrics::{Metrics, identify, install_metrics, record_memory},
};

/// A few scrapers and probes.
const LIMITS: HttpLimits =
    HttpLimits { name: "ops", max_connections: 64, header_timeout: Duration::from_secs(75), buffer_bytes: 8 << 10 };
/// How often recorded durations go into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);
/// For how long readiness may be thought about.
const READY_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves `GET /metrics` (Prometheus' text format), `/livez` (the process answers) and `/readyz` (200 or 503). Stops when
/// dropped.
pub struct OpsServer {
    address: SocketAddr,
    metrics: Metrics,
    _tasks: JoinSet<()>,
}

impl OpsServer {
    /// Installs the recorder of this process and listens; port 0 takes a free one. Prints `ops listening on http://ADDRESS`
    /// on standard output. `service` is the name that `veilpass_build_info` shows.
    ///
    /// `ready` says whether the service can do its work now; it has five seconds. With a watch channel:
    /// `move || std::future::ready(*receiver.borrow())`.
    ///
    /// # Errors
    /// If the address cannot be listened on, or the process has another recorder.
    pub async fn start<R, F>(service: &'static str, address: SocketAddr, ready: R) -> anyhow::Result<Self>
    where
        R: Fn() -> F + Clone + Send + Sync + 'static,
        F: Future<Output = bool> + Send + 'static,
    {
        Self::start_with_routes(service, address, ready, Router::new()).await
    }

    /// The same, and serves these routes beside its own. Whether somebody may use them is their own concern.
    ///
    /// # Errors
    /// As [`Self::start`].
    ///
    /// # Panics
    /// If two routes have one path.
    pub async fn start_with_routes<R, F>(
        service: &'static str,
        address: SocketAddr,
        ready: R,
        routes: Router,
    ) -> anyhow::Result<Self>
    where
        R: Fn() -> F + Clone + Send + Sync + 'static,
        F: Future<Output = bool> + Send + 'static,
    {
        let metrics = install_metrics()?;
        identify(service);
        describe_alerts(&["accept_failed", "connections_full", "memory_critical"]);
        let listener = listen(address).await?;
        let address = listener.local_addr()?;
        println!("ops listening on http://{address}");
        let app = Router::new()
            .route("/metrics", get(render))
            .with_state(metrics.clone())
            .route("/livez", get(async || "ok"))
            .route("/readyz", get(async move || readiness(ready()).await))
            .merge(routes);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_http(listener, app, LIMITS, std::future::pending()));
        let kept = metrics.clone();
        tasks.spawn(async move {
            let mut tick = interval(UPKEEP);
            loop {
                tick.tick().await;
                record_memory();
                kept.upkeep();
            }
        });
        Ok(Self { address, metrics, _tasks: tasks })
    }

    /// What it serves at `/metrics`.
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn render(State(metrics): State<Metrics>) -> ([(header::HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
}

async fn readiness(ready: impl Future<Output = bool>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(READY_TIMEOUT, ready).await {
        Ok(true) => (StatusCode::OK, "ready"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "readiness could not be told in time"),
    }
}
