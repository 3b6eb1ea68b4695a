//! Whether the process lives, and whether it can serve.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use crate::state::AppState;

/// `GET /livez`: the process answers.
pub(crate) async fn livez() -> &'static str {
    "ok"
}

#[derive(Serialize)]
pub(crate) struct Readiness {
    ready: bool,
    database: &'static str,
    /// Keys of live provers: 0 means that delegated proving waits, not that verification does.
    live_prover_keys: usize,
}

/// `GET /readyz`: 200 when requests can be served, 503 when not.
pub(crate) async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let keys = match state.store.ping().await {
        Ok(()) => state.store.prover_keys().await,
        Err(error) => Err(error),
    };
    match keys {
        Ok(keys) => (StatusCode::OK, Json(Readiness { ready: true, database: "ok", live_prover_keys: keys.len() })),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let body = Readiness { ready: false, database: "unavailable", live_prover_keys: 0 };
            (StatusCode::SERVICE_UNAVAILABLE, Json(body))
        }
    }
}
