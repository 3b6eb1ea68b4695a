//! What operators may do: behind keys of their own, on a listener of its own, never on the public port.

mod auth;
mod grants;
mod health;
mod keys;
mod metrics;
mod pages;
mod queue;

use std::{any::Any, path::Path, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::IntoResponse,
    routing::{any, get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer, timeout::TimeoutLayer};

pub use self::keys::{OperatorKey, ParseOperatorKeyError};
use self::{auth::Gate, health::Dependencies};
use veilpass_shared_state::RedisState;

use crate::{problem::Problem, state::AppState};

/// Longest request body, in bytes.
const BODY_LIMIT: usize = 4 << 10;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The operators' routes, under `/ops/v1`, for whoever has one of these keys; and their page from a folder, at `/ops/`.
///
/// # Errors
/// If there is no page in the folder.
pub(crate) fn router(state: AppState, keys: Vec<OperatorKey>, pages: Option<&Path>) -> anyhow::Result<Router> {
    let gate = Arc::new(Gate::new(keys));
    let dependencies = Arc::new(dependencies(&state));
    let routes = Router::new()
        .route("/health", get(health::health))
        .route("/metrics", get(metrics::metrics))
        .route("/queue", get(queue::queue))
        .route("/grants/revoke", post(grants::revoke))
        .route("/grant-keys/rotate", post(grants::rotate))
        // A route, not a fallback: the page's routes beside these would come before that.
        .route("/{*path}", any(async || Problem::not_found("there is nothing at this path")))
        .fallback(async || Problem::not_found("there is nothing at this path"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(state)
        .layer(Extension(dependencies))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        // Outermost of what looks at a request: nobody learns which paths there are.
        .layer(from_fn_with_state(gate, auth::require_operator))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| Problem::internal().into_response()))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    let routes = Router::new().nest("/ops/v1", routes);
    Ok(match pages {
        Some(dir) => routes.merge(pages::router(dir)?),
        None => routes,
    })
}

/// What the health report asks.
fn dependencies(state: &AppState) -> Dependencies {
    let store = state.store.clone();
    let mut dependencies = Dependencies::none().with("database", move || {
        let store = store.clone();
        async move { store.ping().await }
    });
    if state.shared.redis_state() != RedisState::NotConfigured {
        let shared = state.shared.clone();
        dependencies = dependencies.with("redis", move || {
            let shared = shared.clone();
            async move { shared.get_value("health", b"ping").await.map(drop) }
        });
    }
    if let Some(chain) = state.chain.clone() {
        dependencies = dependencies.with("rpc", move || {
            let chain = Arc::clone(&chain);
            async move { chain.ping().await }
        });
    }
    dependencies
}
