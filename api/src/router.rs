//! Paths, and the layers that every request goes through.

use std::{any::Any, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Request, StatusCode, header},
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate,
        predicate::{NotForContentType, SizeAbove},
    },
    timeout::{RequestBodyTimeoutLayer, TimeoutLayer},
    trace::TraceLayer,
};

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cors, idempotency, limits, metrics_layer, openapi,
    problem::Problem,
    rate_limit,
    request_id::{self, REQUEST_ID},
    routes, security_headers,
    state::AppState,
};

/// Longest request body, in bytes: a verification has about 11 kB.
pub(crate) const BODY_LIMIT: usize = 32 << 10;
/// Longest time for a whole request.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest silence while a request's body is read.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The paths that are limited.
pub(crate) fn limited_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(routes::info::info))
        .routes(routes!(routes::registries::registry))
        .routes(routes!(routes::leaves::newest))
        .routes(routes!(routes::leaves::version))
        .routes(routes!(routes::leaves::changes))
        .routes(routes!(routes::anonymity::anonymity))
        .routes(routes!(routes::assets::assets))
        .routes(routes!(routes::reference_string::reference_string))
        .routes(routes!(routes::prover_keys::prover_keys))
        .routes(routes!(routes::proofs::create))
        .routes(routes!(routes::job_status::status, routes::job_status::cancel))
        .routes(routes!(routes::challenges::create))
        .routes(routes!(routes::enrolments::create))
        .routes(routes!(routes::enrolments::status))
        .routes(routes!(routes::job_result::fetch))
        .routes(routes!(routes::job_events::events))
        .routes(routes!(routes::verifications::create))
        .routes(routes!(routes::verifications::status))
        .routes(routes!(routes::grants::create))
        .routes(routes!(routes::grant_tokens::introspect))
        .routes(routes!(routes::grant_tokens::revoke))
        .routes(routes!(routes::jwks::jwks))
}

/// Health has no limit: an API that refuses because it is busy must not be restarted for that.
pub(crate) fn health_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(routes::health::livez)).routes(routes!(routes::health::readyz))
}

/// The whole API.
pub fn router(state: AppState) -> Router {
    let cors = cors::layer(&state.policy.cors_origins);
    // Failures are logged where they happen. A line for each 503 would be most when there is least time for it.
    let trace = TraceLayer::new_for_http().on_failure(()).make_span_with(|request: &Request<_>| {
        // The path and the id; never a body, never a query.
        let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
        tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
    });
    let limited: Router<AppState> = limited_routes().into();
    let health: Router<AppState> = health_routes().into();
    limited
        .route_layer(from_fn_with_state(state.clone(), idempotency::act_once))
        .route_layer(from_fn_with_state(state.clone(), rate_limit::limit))
        .route_layer(from_fn_with_state(state.in_flight.clone(), limits::limit))
        .merge(health)
        .merge(openapi::pages())
        .fallback(async || Problem::not_found("there is nothing at this path"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(state)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(map_response(timeout_as_problem))
        .layer(RequestBodyTimeoutLayer::new(READ_TIMEOUT))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| Problem::internal().into_response()))
        .layer(CompressionLayer::new().compress_when(worth_compressing()))
        .layer(from_fn(metrics_layer::measure))
        .layer(cors)
        .layer(trace)
        .layer(from_fn(request_id::set))
        .layer(from_fn(security_headers::add))
}

/// A kilobyte, and not what is compressed already or must arrive at once.
fn worth_compressing() -> impl Predicate {
    SizeAbove::new(1024)
        .and(NotForContentType::GRPC)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        // The reference page's fonts and the like.
        .and(NotForContentType::const_new("font/"))
}

/// The time-out layer answers with an empty body.
async fn timeout_as_problem(response: Response) -> Response {
    if response.status() == StatusCode::REQUEST_TIMEOUT && !response.headers().contains_key(header::CONTENT_TYPE) {
        return Problem::timeout().into_response();
    }
    response
}
