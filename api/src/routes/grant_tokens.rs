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
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Introspection {
    /// Whether it counts now: signed by us, not expired, not revoked, and its verification holds.
    active: bool,
    /// How it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    /// The thumbprint (RFC 7638) of the session key.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    /// The frontend's origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    /// The session key (RFC 7800).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    cnf: Option<Confirmation>,
    /// The registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FieldHex>)]
    registry_id: Option<RegistryId>,
    /// The track that is unlocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FieldHex>)]
    track_id: Option<TrackId>,
    /// The epoch of the proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<EpochNumber>)]
    epoch: Option<Epoch>,
    /// When it was issued, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    /// From when it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<Uuid>,
}

impl From<Claims> for Introspection {
    fn from(claims: Claims) -> Self {
        let Claims { iss, sub, aud, cnf, registry_id, track_id, epoch, iat, nbf, exp, jti } = claims;
        Self {
            active: true,
            token_type: Some("Bearer"),
            iss: Some(iss),
            sub: Some(sub),
            aud: Some(aud),
            cnf: Some(cnf),
            registry_id: Some(registry_id),
            track_id: Some(track_id),
            epoch: Some(epoch),
            iat: Some(iat),
            nbf: Some(nbf),
            exp: Some(exp),
            jti: Some(jti),
        }
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
    Ok(Json(state.grants()?.inspect(&token.0).await?.map(Introspection::from).unwrap_or_default()))
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
