//! Challenges for enrolment.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use veilpass_protocol::{Commitment, RegistryId, TokenId, TrackId};
use veilpass_siws::{Address, Cluster, Origin};

use crate::{
    body,
    enrolment::{ChallengeTerms, open_challenge},
    problem::{Problem, ProblemDocument},
    schema::{AddressBase58, FieldHex},
    state::AppState,
};

/// Body of `POST /v1/challenges`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChallengeRequest {
    /// Where to enrol.
    #[schema(value_type = FieldHex)]
    registry_id: RegistryId,
    /// For which track.
    #[schema(value_type = FieldHex)]
    track_id: TrackId,
    /// Of the token, base58.
    #[serde(deserialize_with = "body::from_text")]
    #[schema(value_type = AddressBase58)]
    mint: Address,
    /// Who owns the token and will sign, base58.
    #[serde(deserialize_with = "body::from_text")]
    #[schema(value_type = AddressBase58)]
    wallet: Address,
    /// `C = H(IDENTITY, s)` of the secret that proofs will be made with.
    #[schema(value_type = FieldHex)]
    commitment: Commitment,
    /// Origin of the frontend that the wallet will sign for; needed if this API serves several.
    #[serde(default)]
    audience: Option<String>,
}

/// A text to sign.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChallengeView {
    /// In the message too: 128 random bits, hexadecimal.
    nonce: String,
    /// To be signed exactly as it is, in UTF-8.
    message: String,
    /// RFC 3339, UTC.
    expires_at: String,
}

/// Asks for the exact text that a wallet must sign to enrol a token, good once and for ten minutes.
#[utoipa::path(post, path = "/v1/challenges", operation_id = "createChallenge", tag = "enrolment",
    request_body = ChallengeRequest,
    responses(
        (status = 201, description = "A text to sign", body = ChallengeView),
        (status = 422, description = "A field cannot be accepted", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    body::Json(request): body::Json<ChallengeRequest>,
) -> Result<(StatusCode, Json<ChallengeView>), Problem> {
    if state.enrolment.is_none() {
        return Err(Problem::no_enrolment());
    }
    let ChallengeRequest { registry_id, track_id, mint, wallet, commitment, audience } = request;
    let audience = audience_of(&state, audience)?;
    let facts = state
        .facts
        .registry(registry_id)
        .await?
        .ok_or_else(|| Problem::refused("unknown-registry", "registry_id", "there is no such registry"))?;
    if !state.facts.has_track(registry_id, track_id).await? {
        return Err(Problem::refused("unknown-track", "track_id", "the registry has no such track"));
    }
    if !state.store.unlocks(registry_id, track_id, TokenId::from_mint(mint.as_bytes())).await? {
        return Err(Problem::refused("mint-not-allowed", "mint", "this mint does not unlock this track"));
    }
    let (Some(cluster), Ok(program)) = (Cluster::from_registry(&facts.cluster), facts.program_id.parse()) else {
        tracing::error!(registry = %registry_id, "the registry's cluster or program cannot be named in a message");
        return Err(Problem::internal());
    };
    let terms =
        ChallengeTerms { audience, wallet, cluster, program, registry: registry_id, mint, track: track_id, commitment };
    let message = open_challenge(&state.shared, terms).await?;
    let view = ChallengeView {
        nonce: message.nonce.to_string(),
        message: message.to_string(),
        expires_at: message.expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// The frontend that a message is for.
fn audience_of(state: &AppState, wanted: Option<String>) -> Result<Origin, Problem> {
    let refused = |code, detail: &'static str| Err(Problem::refused(code, "audience", detail));
    let audiences = &state.policy.audiences;
    let text = match (wanted, audiences.first()) {
        (Some(wanted), _) if audiences.contains(&wanted) => wanted,
        (Some(_), _) => return refused("wrong-audience", "this API does not serve that audience"),
        (None, Some(only)) if audiences.len() == 1 => only.clone(),
        (None, _) => return refused("audience-required", "this API serves several audiences: name yours"),
    };
    match text.parse() {
        Ok(origin) => Ok(origin),
        // It may be anything that a context can hold; a wallet's message needs an origin.
        Err(_) => refused("wrong-audience", "this audience is not an origin such as https://listen.example"),
    }
}
