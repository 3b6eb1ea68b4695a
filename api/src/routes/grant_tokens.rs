//! What a token is worth, for whoever holds it.

use std::fmt;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_protocol::{Epoch, RegistryId, TrackId};

use crate::{
    body,
    grants::{Claims, Confirmation},
    problem::Problem,
    schema::{EpochNumber, FieldHex},
    state::AppState,
};

/// Body of `POST /v1/grants/introspect` and `POST /v1/grants/revoke`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    /// The grant.
    token: Token,
}

/// A token as a client sent it. Cannot be printed: whoever reads it can use it.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// What a token says, if it counts; else `active` alone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Introspection {
    /// Whether it counts now: signed by us, not expired, not revoked, and its verification holds.
    active: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    claims: Option<ClaimsView>,
}

/// The claims of a grant.
#[derive(Serialize, ToSchema)]
struct ClaimsView {
    token_type: &'static str,
    /// Who issued it.
    iss: String,
    /// The thumbprint (RFC 7638) of the session key.
    sub: String,
    /// The frontend's origin.
    aud: String,
    /// The session key (RFC 7800).
    #[schema(value_type = Object)]
    cnf: Confirmation,
    /// The registry.
    #[schema(value_type = FieldHex)]
    registry_id: RegistryId,
    /// The track that is unlocked.
    #[schema(value_type = FieldHex)]
    track_id: TrackId,
    /// The epoch of the proof.
    #[schema(value_type = EpochNumber)]
    epoch: Epoch,
    /// When it was issued, in seconds since the Unix epoch.
    iat: u64,
    /// From when it is good.
    nbf: u64,
    /// When it expires.
    exp: u64,
    /// Its name.
    jti: Uuid,
}

impl From<Claims> for ClaimsView {
    fn from(claims: Claims) -> Self {
        let Claims { iss, sub, aud, cnf, registry_id, track_id, epoch, iat, nbf, exp, jti } = claims;
        Self { token_type: "Bearer", iss, sub, aud, cnf, registry_id, track_id, epoch, iat, nbf, exp, jti }
    }
}

/// Says whether a grant counts at this moment, after RFC 7662 but with a JSON body: revocations are seen at once.
#[utoipa::path(post, path = "/v1/grants/introspect", operation_id = "introspectGrant", tag = "grants", request_body = TokenRequest, responses(
    (status = 200, description = "Whether it counts, and what it says", body = Introspection),
))]
pub(crate) async fn introspect(
    State(state): State<AppState>,
    body::Json(TokenRequest { token }): body::Json<TokenRequest>,
) -> Result<Json<Introspection>, Problem> {
    let claims = state.grants()?.inspect(&token.0).await?.map(ClaimsView::from);
    Ok(Json(Introspection { active: claims.is_some(), claims }))
}

/// Revokes a grant, after RFC 7009 but with a JSON body: whoever holds it may. A token that is none is revoked already.
#[utoipa::path(post, path = "/v1/grants/revoke", operation_id = "revokeGrant", tag = "grants", request_body = TokenRequest, responses(
    (status = 204, description = "It does not count, whether it did before or not"),
))]
pub(crate) async fn revoke(
    State(state): State<AppState>,
    body::Json(TokenRequest { token }): body::Json<TokenRequest>,
) -> Result<StatusCode, Problem> {
    state.grants()?.revoke(&token.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
