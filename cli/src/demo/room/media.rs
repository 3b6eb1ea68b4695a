//! The recordings, for whoever has a session grant: what a media server or a CDN does.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Shared, music, problem};

pub(super) async fn recording(
    State(shared): State<Arc<Shared>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(track) = shared.tracks.iter().find(|track| track.slug == slug) else {
        return problem(StatusCode::NOT_FOUND, "No such recording", "there is no recording of this name");
    };
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(grant) = header.strip_prefix("Bearer ").filter(|grant| !grant.is_empty()) else {
        let mut refusal =
            problem(StatusCode::UNAUTHORIZED, "No grant", "send Authorization: Bearer with a session grant");
        refusal.headers_mut().insert(header::WWW_AUTHENTICATE, "Bearer".parse().expect("ASCII"));
        return refusal;
    };
    // Asked each time, so that a revocation counts at once; docs/grants.md says how to check without asking.
    let claims = match shared.api.introspect_grant(grant).await {
        Ok(claims) => claims,
        Err(_) => return problem(StatusCode::BAD_GATEWAY, "Not checked", "the API does not answer: try again"),
    };
    if claims["active"] != true || claims["aud"] != shared.origin.as_str() {
        return problem(StatusCode::UNAUTHORIZED, "The grant does not count", "it has ended, or is for another page");
    }
    if claims["registry_id"] != shared.registry.to_string() || claims["track_id"] != track.id().to_string() {
        return problem(StatusCode::FORBIDDEN, "Another track's grant", "this grant unlocks another track");
    }
    let made = tokio::task::spawn_blocking(move || {
        let track = shared.tracks.iter().find(|track| track.slug == slug)?;
        Some(track.recording.get_or_init(|| music::recording(&slug).into()).clone())
    });
    match made.await.ok().flatten() {
        Some(file) => ([(header::CONTENT_TYPE, "audio/wav")], file).into_response(),
        None => problem(StatusCode::INTERNAL_SERVER_ERROR, "No recording", "it could not be made"),
    }
}
