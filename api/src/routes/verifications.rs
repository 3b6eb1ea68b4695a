//! Proofs to be checked and spent.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use veilpass_circuit::PROOF_BYTES;
use veilpass_protocol::{ContextPreimage, Epoch, MAX_TEXT_BYTES, PublicInputs, TrackId};
use veilpass_store::{RecordError, Registry, VerificationRecord};

use crate::{
    body::{self, Base64Bytes},
    problem::Problem,
    state::{AppState, Policy, unix_now},
};

/// Body of `POST /v1/verifications`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerificationRequest {
    /// 7,232 bytes, base64.
    proof: Base64Bytes<PROOF_BYTES>,
    public_inputs: PublicInputs,
    /// What the public input `context` is the hash of.
    context: ContextPreimage,
}

#[derive(Serialize)]
pub(crate) struct VerificationView {
    id: Uuid,
    track_id: TrackId,
    epoch: Epoch,
    root_seq: u64,
}

/// `POST /v1/verifications`: 201 when the proof holds and its nullifier is now spent.
///
/// Cheap checks come first; the proof is checked before anything is written; the transaction that writes decides again
/// whether the root is fresh and the nullifier unspent.
pub(crate) async fn create(
    State(state): State<AppState>,
    body::Json(request): body::Json<VerificationRequest>,
) -> Result<(StatusCode, Json<VerificationView>), Problem> {
    let VerificationRequest { proof, public_inputs, context } = request;
    let now = unix_now();
    let registry = state.store.registry(public_inputs.registry_id).await?.ok_or_else(|| {
        Problem::refused("unknown-registry", "public_inputs.registry_id", "there is no such registry")
    })?;
    check_context(&context, &public_inputs, &registry, &state.policy, now)?;
    if !state.store.has_track(registry.id, public_inputs.track_id).await? {
        return Err(Problem::refused("unknown-track", "public_inputs.track_id", "the registry has no such track"));
    }
    if !registry.epochs.accepts(public_inputs.epoch, now) {
        return Err(Problem::refused(
            "stale-epoch",
            "public_inputs.epoch",
            "neither the current epoch nor the last one within its grace",
        ));
    }
    let root = state.store.find_root(registry.id, public_inputs.merkle_root).await?.ok_or_else(|| {
        Problem::refused("unknown-root", "public_inputs.merkle_root", "this root was never published")
    })?;
    if !root.is_fresh {
        return Err(stale_root());
    }
    if state.store.is_nullifier_used(public_inputs.nullifier).await? {
        return Err(Problem::nullifier_used());
    }
    let verdict = state.verifier.verify(proof.0, &public_inputs).await.map_err(|error| {
        tracing::error!(%error, "verifier");
        Problem::unavailable("proofs cannot be checked at the moment; nothing was changed")
    })?;
    if let Err(reason) = verdict {
        tracing::info!(%reason, "proof refused");
        return Err(Problem::refused(
            "invalid-proof",
            "proof",
            format!("the proof does not verify for these public inputs under the pinned key: {reason}"),
        ));
    }
    let record = VerificationRecord { public_inputs, root_seq: root.seq };
    let id = state.store.record_verification(&record).await.map_err(|error| match error {
        RecordError::NullifierUsed => Problem::nullifier_used(),
        RecordError::RootNotFresh => stale_root(),
        RecordError::Store(error) => error.into(),
    })?;
    tracing::info!(verification = %id, root_seq = root.seq, "verified");
    let PublicInputs { track_id, epoch, .. } = public_inputs;
    Ok((StatusCode::CREATED, Json(VerificationView { id, track_id, epoch, root_seq: root.seq })))
}

fn stale_root() -> Problem {
    Problem::refused(
        "stale-root",
        "public_inputs.merkle_root",
        "this root has expired or is from before a revocation; prove under the newest one",
    )
}

/// The context must be the hash of what the client says, and that must be acceptable here and now.
fn check_context(
    context: &ContextPreimage,
    public_inputs: &PublicInputs,
    registry: &Registry,
    policy: &Policy,
    now: u64,
) -> Result<(), Problem> {
    let refuse = |code, field, detail: &'static str| Err(Problem::refused(code, field, detail));
    for (field, text) in [
        ("context.audience", &context.audience),
        ("context.program_id", &context.program_id),
        ("context.cluster", &context.cluster),
    ] {
        if text.len() > MAX_TEXT_BYTES {
            return refuse("context-mismatch", field, "longer than 256 bytes");
        }
    }
    if context.context() != public_inputs.context {
        return refuse("context-mismatch", "context", "it does not hash to the public input `context` of the proof");
    }
    if !policy.audiences.contains(&context.audience) {
        return refuse("wrong-audience", "context.audience", "this API does not serve that audience");
    }
    if context.program_id != registry.program_id {
        return refuse("wrong-program", "context.program_id", "not the program of this registry");
    }
    if context.cluster != registry.cluster {
        return refuse("wrong-cluster", "context.cluster", "not the cluster of this registry");
    }
    if context.expires_at <= now {
        return refuse("context-expired", "context.expires_at", "the session has expired");
    }
    if context.expires_at - now > policy.max_session_seconds {
        return refuse("context-too-long", "context.expires_at", "the session would live longer than this API allows");
    }
    Ok(())
}
