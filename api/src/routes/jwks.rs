//! The public keys that grants are checked with.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{if_none_match::has_current, problem::Problem, state::AppState};

/// The public keys of grants that may not have expired, and the next one, as a JWK set (RFC 7517, RFC 8037).
#[utoipa::path(get, path = "/.well-known/jwks.json", operation_id = "grantKeys", tag = "grants",
    params(("If-None-Match" = Option<String>, Header, description = "Entity tag of the set that is known")),
    responses(
        (status = 200, description = "The keys, the newest first", body = Object,
            content_type = "application/jwk-set+json",
            headers(("ETag" = String, description = "Names this set"),
                    ("Cache-Control" = String, description = "For how long it may be kept"))),
        (status = 304, description = "Still the same set"),
    ),
)]
pub(crate) async fn jwks(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    let grants = state.grants()?;
    let ring = grants.ring().await?;
    let max_age = grants.policy().jwks_max_age.as_secs();
    let cache = HeaderValue::try_from(format!("public, max-age={max_age}")).map_err(|_| Problem::internal())?;
    let common = [(header::ETAG, ring.etag.clone()), (header::CACHE_CONTROL, cache)];
    if has_current(&headers, |known| known == ring.etag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"))];
    Ok((common, kind, ring.jwks.clone()).into_response())
}
