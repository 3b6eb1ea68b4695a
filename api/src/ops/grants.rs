//! Ending sessions, and replacing the keys that sign grants.

use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::auth::Operator;
use crate::{
    body::{self, CanonicalUuid},
    problem::Problem,
    state::AppState,
};

/// Body of `POST /ops/v1/grants/revoke`: one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revocation {
    jti: Option<CanonicalUuid>,
    verification_id: Option<CanonicalUuid>,
}

#[derive(Serialize)]
pub(crate) struct Revoked {
    /// Grants that counted until now.
    revoked: u64,
    verification_id: Uuid,
}

/// `POST /ops/v1/grants/revoke`: one grant by its `jti`; or all of a verification, which gets no new ones either.
pub(crate) async fn revoke(
    State(state): State<AppState>,
    Extension(operator): Extension<Operator>,
    body::Json(request): body::Json<Revocation>,
) -> Result<Json<Revoked>, Problem> {
    let grants = state.grants()?;
    let revoked = match (request.jti, request.verification_id) {
        (Some(CanonicalUuid(jti)), None) => grants
            .revoke_one(jti)
            .await?
            .ok_or_else(|| Problem::not_found("there is no such grant, or it has expired"))?,
        (None, Some(CanonicalUuid(verification))) => grants
            .revoke_session(verification)
            .await?
            .ok_or_else(|| Problem::not_found("there is no such verification"))?,
        _ => return Err(Problem::malformed("name either a jti or a verification_id")),
    };
    let (verification, count) = (revoked.verification, revoked.count);
    let session_ended = request.verification_id.is_some();
    tracing::warn!(operator = &*operator.0, %verification, count, session_ended, "operator revoked grants");
    Ok(Json(Revoked { revoked: count, verification_id: verification }))
}

/// Body of `POST /ops/v1/grant-keys/rotate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// A key was compromised: all leave the JWKS at once, and every grant so far is void.
    drop_old: bool,
}

#[derive(Serialize)]
pub(crate) struct Rotated {
    /// The key that signs now.
    signing_kid: String,
    /// The key that signs next, and from when, in seconds since the Unix epoch.
    next_kid: String,
    next_signs_from: u64,
}

/// `POST /ops/v1/grant-keys/rotate`: the next key signs as soon as verifiers had time to learn of it.
pub(crate) async fn rotate(
    State(state): State<AppState>,
    Extension(operator): Extension<Operator>,
    body::Json(Rotation { drop_old }): body::Json<Rotation>,
) -> Result<Json<Rotated>, Problem> {
    let ring = state.grants()?.rotate(drop_old).await?;
    let (signing_kid, (next_kid, next_signs_from)) = (ring.signer.kid().to_owned(), ring.next.clone());
    tracing::warn!(operator = &*operator.0, drop_old, signing_kid, next_kid, "operator rotated the keys of grants");
    Ok(Json(Rotated { signing_kid, next_kid, next_signs_from }))
}
