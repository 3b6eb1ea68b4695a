//! What a device needs beside the circuit to prove by itself.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use veilpass_circuit::DEVICE_CRS_SHA256;

use crate::{
    if_none_match::has_current,
    problem::{Problem, ProblemDocument},
    state::AppState,
};

/// BN254's reference string as far as the circuit needs it: 2,760 points of G1 (64 bytes each, x || y, big-endian, the first is
/// (1, 2)), then 128 bytes of G2. Its SHA-256 is in `/v1/info`, and pinned in clients: it never changes.
#[utoipa::path(get, path = "/v1/reference-string", operation_id = "referenceString", tag = "service",
    params(("If-None-Match" = Option<String>, Header, description = "The entity tag of what is there already")),
    responses(
        (status = 200, description = "The string", body = Vec<u8>, content_type = "application/octet-stream", headers(
            ("ETag" = String, description = "Its SHA-256"))),
        (status = 304, description = "It is there already"),
        (status = 503, description = "There is none on the API's machine", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn reference_string(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    let tag = format!("\"{DEVICE_CRS_SHA256}\"");
    let marks = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
    ];
    if has_current(&headers, |known| known == tag) {
        return Ok((StatusCode::NOT_MODIFIED, marks).into_response());
    }
    match state.reference_string.bytes().await {
        Ok(bytes) => Ok((marks, bytes).into_response()),
        Err(error) => {
            tracing::warn!(%error, "no reference string for devices");
            Err(Problem::no_reference_string())
        }
    }
}
