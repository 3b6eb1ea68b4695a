//! Whether the process lives, and whether it can serve.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use veilpass_shared_state::RedisState;

use crate::state::AppState;

/// The process answers.
#[utoipa::path(get, path = "/livez", operation_id = "live", tag = "service", responses((status = 200, description = "It does", body = String)))]
pub(crate) async fn livez() -> &'static str {
    "ok"
}

/// Whether requests can be served.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// All that is needed is there.
    ready: bool,
    /// `ok` or `unavailable`.
    database: &'static str,
    /// `ok`, `away` or `not configured`. Away, limits are each replica's own, and what must happen once is refused.
    redis: &'static str,
    /// Keys of live provers: 0 means that delegated proving waits, not that verification does.
    live_prover_keys: usize,
}

/// Whether requests can be served.
#[utoipa::path(get, path = "/readyz", operation_id = "ready", tag = "service", responses(
    (status = 200, description = "They can", body = Readiness),
    (status = 503, description = "They cannot", body = Readiness),
))]
pub(crate) async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let keys = match state.store.ping().await {
        Ok(()) => state.store.prover_keys().await,
        Err(error) => Err(error),
    };
    // Not a reason to be taken out of service: all replicas would be, at once.
    let redis = match state.shared.redis_state() {
        RedisState::NotConfigured => "not configured",
        RedisState::Up => "ok",
        RedisState::Away => "away",
    };
    match keys {
        Ok(keys) => {
            (StatusCode::OK, Json(Readiness { ready: true, database: "ok", redis, live_prover_keys: keys.len() }))
        }
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let body = Readiness { ready: false, database: "unavailable", redis, live_prover_keys: 0 };
            (StatusCode::SERVICE_UNAVAILABLE, Json(body))
        }
    }
}
