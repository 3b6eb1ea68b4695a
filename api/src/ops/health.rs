//! What this API depends on, how it answers, and what this process holds.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Extension, Json, extract::State, http::StatusCode};
use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;
use veilpass_telemetry::{open_connections, process_memory};

use super::queue::ProverView;
use crate::state::AppState;

/// For how long a dependency may think.
const PATIENCE: Duration = Duration::from_secs(2);

type Check = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What is asked for the report: add what a service depends on with [`Self::with`].
pub(crate) struct Dependencies {
    started: Instant,
    checks: Vec<(&'static str, Check)>,
}

impl Dependencies {
    pub(crate) fn none() -> Self {
        Self { started: Instant::now(), checks: Vec::new() }
    }

    /// Adds one. `check` says whether it answers, or in words for operators why not.
    pub(crate) fn with<F, E>(mut self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display,
    {
        let boxed: Check = Box::new(move || {
            let check = check();
            Box::pin(async move { check.await.map_err(|error| error.to_string()) })
        });
        self.checks.push((name, boxed));
        self
    }
}

#[derive(Serialize)]
pub(crate) struct Health {
    /// Whether everything answers.
    healthy: bool,
    version: &'static str,
    uptime_seconds: u64,
    dependencies: Vec<DependencyView>,
    memory: Option<MemoryView>,
    connections: Connections,
    requests_in_flight: usize,
    /// Null: the database does not say.
    provers: Option<Vec<ProverView>>,
}

#[derive(Serialize)]
struct DependencyView {
    name: &'static str,
    healthy: bool,
    latency_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct MemoryView {
    resident_bytes: u64,
    heap_bytes: u64,
    peak_bytes: u64,
    critical: bool,
}

#[derive(Serialize)]
struct Connections {
    clients: usize,
    operators: usize,
    database: u32,
    database_idle: usize,
}

/// `GET /ops/v1/health`: 200 when everything answers, else 503 with the same report.
pub(crate) async fn health(
    State(state): State<AppState>,
    Extension(dependencies): Extension<Arc<Dependencies>>,
) -> (StatusCode, Json<Health>) {
    let views = join_all(dependencies.checks.iter().map(|(name, check)| ask(name, check()))).await;
    let provers = match tokio::time::timeout(PATIENCE, state.store.live_provers()).await {
        Ok(Ok(provers)) => Some(provers.into_iter().map(ProverView::from).collect()),
        _ => None,
    };
    let (database, database_idle) = state.store.connections();
    let health = Health {
        healthy: views.iter().all(|view| view.healthy),
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: dependencies.started.elapsed().as_secs(),
        dependencies: views,
        memory: process_memory(std::process::id()).map(|memory| MemoryView {
            resident_bytes: memory.resident_bytes,
            heap_bytes: memory.heap_bytes,
            peak_bytes: memory.peak_bytes,
            critical: state.in_flight.memory_is_critical(),
        }),
        connections: Connections {
            clients: open_connections("api"),
            operators: open_connections("ops"),
            database,
            database_idle,
        },
        requests_in_flight: state.in_flight.count(),
        provers,
    };
    let status = if health.healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health))
}

async fn ask(name: &'static str, check: BoxFuture<'static, Result<(), String>>) -> DependencyView {
    let begun = Instant::now();
    let error = match tokio::time::timeout(PATIENCE, check).await {
        Ok(outcome) => outcome.err(),
        Err(_) => Some(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    let latency_ms = begun.elapsed().as_secs_f64() * 1e3;
    DependencyView { name, healthy: error.is_none(), latency_ms, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_fails_or_does_not_answer_is_not_healthy() {
        let dependencies = Dependencies::none()
            .with("good", || std::future::ready(Ok::<_, String>(())))
            .with("bad", || std::future::ready(Err("away")))
            .with("silent", std::future::pending::<Result<(), String>>);
        let views = join_all(dependencies.checks.iter().map(|(name, check)| ask(name, check()))).await;
        let errors: Vec<_> = views.iter().map(|view| view.error.as_deref()).collect();
        assert_eq!(errors, [None, Some("away"), Some("no answer within 2 s")]);
    }
}
