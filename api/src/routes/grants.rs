//! Another grant for a session that still holds its key.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_protocol::{ContextPreimage, PublicInputs, RegistryId, grant_request_text, unix_now};
use veilpass_store::VerificationStatus;

use crate::{
    body::{self, Base64Bytes, CanonicalUuid},
    cache::RegistryFacts,
    grants::{Issued, Subject},
    problem::{Problem, ProblemDocument},
    schema::ContextSchema,
    state::AppState,
};

/// How far a client's clock may be off, in seconds.
const CLOCK_SKEW_SECONDS: u64 = 60;
/// For how long signatures are remembered: longer than one can be used, whatever the clocks of replicas say.
const REMEMBERED: Duration = Duration::from_secs(5 * CLOCK_SKEW_SECONDS);

/// Body of `POST /v1/grants`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantRequest {
    /// The verification that the session follows from.
    #[schema(value_type = Uuid)]
    verification_id: CanonicalUuid,
    /// What its proof is bound to: the same as when it was verified.
    #[schema(value_type = ContextSchema)]
    context: ContextPreimage,
    /// When this was signed, in seconds since the Unix epoch; at most 60 away from now.
    issued_at: u64,
    /// Ed25519 signature of the session key over the three lines `veilpass.v1.grant-request`, `verification_id` and
    /// `issued_at`, joined by line feeds: 64 bytes, padded standard base64.
    #[schema(value_type = String, content_encoding = "base64", min_length = 88, max_length = 88)]
    signature: Base64Bytes<64>,
}

/// A session grant.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrantView {
    /// A JWT, signed with EdDSA by a key of `/.well-known/jwks.json`.
    token: String,
    /// How it is sent: `Authorization: Bearer <token>`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// When it expires, in seconds since the Unix epoch.
    expires_at: u64,
    /// Its name.
    jti: Uuid,
}

impl From<Issued> for GrantView {
    fn from(Issued { token, jti, expires_at }: Issued) -> Self {
        Self { token, token_type: "Bearer", expires_at, jti }
    }
}

/// Issues another grant to a session: its key signs, its verification holds, its context and epoch have not ended.
#[utoipa::path(post, path = "/v1/grants", operation_id = "createGrant", tag = "grants", request_body = GrantRequest, responses(
    (status = 201, description = "The grant", body = GrantView),
    (status = 409, description = "The signature was used before, the chain has not decided yet, or the session was ended",
        body = ProblemDocument, content_type = "application/problem+json"),
    (status = 422, description = "A field cannot be accepted", body = ProblemDocument,
        content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    State(state): State<AppState>,
    body::Json(request): body::Json<GrantRequest>,
) -> Result<(StatusCode, Json<GrantView>), Problem> {
    let GrantRequest { verification_id: CanonicalUuid(id), context, issued_at, signature } = request;
    let (grants, now) = (state.grants()?, unix_now());
    if issued_at.abs_diff(now) > CLOCK_SKEW_SECONDS {
        return Err(Problem::refused("stale-request", "issued_at", "more than 60 seconds away from this API's clock"));
    }
    let status =
        state.store.verification_status(id).await?.ok_or_else(|| {
            Problem::refused("unknown-verification", "verification_id", "there is no such verification")
        })?;
    if context.context() != status.context {
        return Err(Problem::refused("context-mismatch", "context", "not the context of that verification"));
    }
    let text = grant_request_text(id, issued_at);
    let signature_of_session = Signature::from_bytes(&signature.0);
    VerifyingKey::from_bytes(&context.session_public_key)
        .and_then(|key| key.verify_strict(text.as_bytes(), &signature_of_session))
        .map_err(|_| {
            Problem::refused("wrong-signature", "signature", "not a signature of the context's session key over this")
        })?;
    let registry = registry(&state, status.registry_id).await?;
    check(&status, &context, &registry, &state, now)?;
    if !state.shared.put_once("grant-request", signature.0.as_slice(), REMEMBERED).await? {
        return Err(Problem::signature_used());
    }
    let subject = Subject {
        verification: id,
        registry_id: status.registry_id,
        track_id: status.track_id,
        epoch: status.epoch,
        epochs: registry.epochs,
        context: &context,
    };
    Ok((StatusCode::CREATED, Json(grants.issue(&subject).await?.into())))
}

/// The first grant of a session whose proof was just accepted. Without keys, or when something fails, there is none: the
/// nullifier is spent already, and the session may ask with its key.
pub(super) async fn first(
    state: &AppState,
    verification: Uuid,
    registry: &RegistryFacts,
    inputs: &PublicInputs,
    context: &ContextPreimage,
) -> Option<GrantView> {
    let (registry_id, track_id, epoch) = (inputs.registry_id, inputs.track_id, inputs.epoch);
    let epochs = registry.epochs;
    let subject = Subject { verification, registry_id, track_id, epoch, epochs, context };
    match state.grants.as_ref()?.issue(&subject).await {
        Ok(issued) => Some(issued.into()),
        Err(error) => {
            tracing::warn!(%verification, %error, "no session grant for a new verification");
            None
        }
    }
}

async fn registry(state: &AppState, id: RegistryId) -> Result<Arc<RegistryFacts>, Problem> {
    // A verification's row refers to it.
    state.facts.registry(id).await?.ok_or_else(Problem::internal)
}

fn check(
    status: &VerificationStatus,
    context: &ContextPreimage,
    registry: &RegistryFacts,
    state: &AppState,
    now: u64,
) -> Result<(), Problem> {
    let refuse = |code, field, detail: &'static str| Err(Problem::refused(code, field, detail));
    if !state.policy.audiences.contains(&context.audience) {
        return refuse("wrong-audience", "context.audience", "this API does not serve that audience any more");
    }
    if context.expires_at <= now {
        return refuse("context-expired", "context.expires_at", "the session has expired");
    }
    if !registry.epochs.accepts(status.epoch, now) {
        return refuse("stale-epoch", "verification_id", "its epoch is over; prove again");
    }
    if status.grants_revoked || status.is_refused() {
        return Err(Problem::session_ended());
    }
    if status.holds() { Ok(()) } else { Err(Problem::not_verified_yet()) }
}
