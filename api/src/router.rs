//! Paths, and the layers that every request goes through.

use std::{any::Any, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Request, StatusCode, header},
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

use crate::{limits, metrics_layer, problem::Problem, routes, state::AppState};

/// Longest request body, in bytes: a verification has about 11 kB.
pub(crate) const BODY_LIMIT: usize = 32 << 10;
/// Longest time for a whole request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The whole API.
pub fn router(state: AppState) -> Router {
    // Failures are logged where they happen. A line for each 503 would be most when there is least time for it.
    let trace = TraceLayer::new_for_http().on_failure(()).make_span_with(|request: &Request<_>| {
        // The path and the id; never a body, never a query.
        let id = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
        tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
    });
    Router::new()
        .route("/v1/info", get(routes::info::info))
        .route("/v1/registries/{registry_id}", get(routes::registries::registry))
        .route("/v1/prover-keys", get(routes::prover_keys::prover_keys))
        .route("/v1/proofs", post(routes::proofs::create))
        .route("/v1/proofs/{id}", get(routes::proofs::status).delete(routes::proofs::cancel))
        .route("/v1/challenges", post(routes::challenges::create))
        .route("/v1/enrollments", post(routes::enrollments::create))
        .route("/v1/enrollments/{id}", get(routes::enrollments::status))
        .route("/v1/verifications", post(routes::verifications::create))
        .route("/v1/verifications/{id}", get(routes::verifications::status))
        .route_layer(from_fn_with_state(state.in_flight.clone(), limits::limit))
        // Health has no limit: an API that refuses because it is busy must not be restarted for that.
        .route("/livez", get(routes::health::livez))
        .route("/readyz", get(routes::health::readyz))
        .fallback(async || Problem::not_found("there is nothing at this path"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(state)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(map_response(timeout_as_problem))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| Problem::internal().into_response()))
        .layer(from_fn(metrics_layer::measure))
        .layer(trace)
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// The time-out layer answers with an empty body.
async fn timeout_as_problem(response: Response) -> Response {
    if response.status() == StatusCode::REQUEST_TIMEOUT && !response.headers().contains_key(header::CONTENT_TYPE) {
        return Problem::timeout().into_response();
    }
    response
}
