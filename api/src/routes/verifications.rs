//! Proofs to be checked and spent.

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_circuit::PROOF_BYTES;
use veilpass_protocol::{ContextPreimage, MAX_TEXT_BYTES, PublicInputs, unix_now};
use veilpass_store::{ChainProgress, RecordError, VerificationRecord};

use crate::{
    body::{self, Base64Bytes},
    cache::RegistryFacts,
    problem::{Problem, ProblemDocument},
    refusals::ProofDigest,
    routes::{grants, verification_view::VerificationView},
    schema::{ContextSchema, ProofBase64, PublicInputsSchema},
    state::{AppState, Policy},
};

/// Where a proof is settled.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Settle {
    /// By the program on chain, which checks the proof again and burns its nullifier; the answer is 202, and the status
    /// says how far that is.
    OnChain,
    /// Here: the nullifier is spent in the database, the answer is 201, and nothing is sent.
    #[default]
    OffChain,
}

/// Body of `POST /v1/verifications`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerificationRequest {
    /// 7,232 bytes, base64.
    #[schema(value_type = ProofBase64)]
    proof: Base64Bytes<PROOF_BYTES>,
    /// What it proves.
    #[schema(value_type = PublicInputsSchema)]
    public_inputs: PublicInputs,
    /// What the public input `context` is the hash of.
    #[schema(value_type = ContextSchema)]
    context: ContextPreimage,
    /// `onchain` or `offchain`, which is the default.
    #[serde(default)]
    settle: Settle,
}

/// Checks a proof: it holds and its nullifier is now spent; 201 if that is all, 202 if the chain is to be
/// told, with the status in `Location`.
///
/// Cheap checks come first; the proof is checked before anything is written; the transaction that writes decides again
/// whether the root is fresh and the nullifier unspent.
#[utoipa::path(post, path = "/v1/verifications", operation_id = "createVerification", tag = "verifications", request_body = VerificationRequest,
    responses(
        (status = 201, description = "The proof holds, and its nullifier is spent", body = VerificationView,
            headers(("Location" = String, description = "The verification"))),
        (status = 202, description = "The proof holds, and the chain is told", body = VerificationView, headers(
            ("Location" = String, description = "The verification"),
            ("Retry-After" = u32, description = "Seconds until it is worth asking"))),
        (status = 409, description = "The nullifier was used before", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be accepted", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    body::Json(request): body::Json<VerificationRequest>,
) -> Result<Response, Problem> {
    let VerificationRequest { proof, public_inputs, context, settle } = request;
    let now = unix_now();
    let registry = state.facts.registry(public_inputs.registry_id).await?.ok_or_else(|| {
        Problem::refused("unknown-registry", "public_inputs.registry_id", "there is no such registry")
    })?;
    check_context(&context, &public_inputs, &registry, &state.policy, now)?;
    if !state.facts.has_track(registry.id, public_inputs.track_id).await? {
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
    check_settlement(settle, &registry, &state).await?;
    if state.store.is_nullifier_used(public_inputs.nullifier).await? {
        return Err(Problem::nullifier_used());
    }
    // What the chain settles anybody may settle there, whatever we think of it.
    let anonymity = match settle {
        Settle::OffChain => {
            state.anonymity.check(registry.id, public_inputs.track_id, "public_inputs.track_id").await?
        }
        Settle::OnChain => None,
    };
    let digest = ProofDigest::new(proof.0.as_slice(), &public_inputs);
    if let Some(reason) = digest.refusal(&state.shared).await {
        return Err(invalid_proof(&reason));
    }
    let verdict = state.verifier.verify(proof.0.clone(), public_inputs).await.map_err(|error| {
        tracing::error!(%error, "verifier");
        Problem::unavailable("proofs cannot be checked at the moment; nothing was changed")
    })?;
    if let Err(reason) = verdict {
        tracing::info!(%reason, "proof refused");
        let reason = reason.to_string();
        digest.remember(&state.shared, &reason).await;
        return Err(invalid_proof(&reason));
    }
    let record = VerificationRecord { public_inputs, root_seq: root.seq };
    let recorded = match settle {
        Settle::OnChain => state.store.record_verification_to_settle(&record, proof.0.as_slice()).await,
        Settle::OffChain => state.store.record_verification(&record).await,
    };
    let id = recorded.map_err(|error| match error {
        RecordError::NullifierUsed => Problem::nullifier_used(),
        RecordError::RootNotFresh => stale_root(),
        RecordError::Store(error) => error.into(),
    })?;
    tracing::info!(verification = %id, root_seq = root.seq, "verified");
    let grant = match settle {
        Settle::OffChain => grants::first(&state, id, &registry, &public_inputs, &context).await,
        // The session asks for it, at POST /v1/grants, once the chain has decided.
        Settle::OnChain => None,
    };
    let view = Json(VerificationView::accepted(id, &record, settle).for_session(grant, anonymity));
    let location = (header::LOCATION, format!("/v1/verifications/{id}"));
    Ok(match settle {
        Settle::OnChain => {
            let retry = (header::RETRY_AFTER, "1".to_owned());
            (StatusCode::ACCEPTED, [location, retry], view).into_response()
        }
        Settle::OffChain => (StatusCode::CREATED, [location], view).into_response(),
    })
}

/// How far a verification is.
#[utoipa::path(get, path = "/v1/verifications/{id}", operation_id = "verification", tag = "verifications",
    params(("id" = Uuid, Path, description = "The verification")),
    responses(
        (status = 200, description = "The verification", body = VerificationView),
        (status = 404, description = "There is no such verification", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn status(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<VerificationView>, Problem> {
    let not_found = || Problem::not_found("there is no such verification");
    let id: Uuid = id.parse().map_err(|_| not_found())?;
    let status = state.store.verification_status(id).await?.ok_or_else(not_found)?;
    Ok(Json(VerificationView::of(id, status)))
}

/// What is settled on chain needs a registry there. What is not must not overlook the chain, where the same nullifier may
/// have been spent: without news of it nothing is accepted here.
async fn check_settlement(settle: Settle, registry: &RegistryFacts, state: &AppState) -> Result<(), Problem> {
    if !registry.anchored {
        return match settle {
            Settle::OffChain => Ok(()),
            Settle::OnChain => Err(Problem::refused(
                "not-anchored",
                "settle",
                "this registry is on no chain: its proofs can be settled offchain only",
            )),
        };
    }
    let max_age = state.policy.max_chain_age_seconds;
    let fresh = |progress: ChainProgress| progress.age_seconds <= max_age;
    if settle == Settle::OffChain && !state.store.chain_progress(&registry.program_id).await?.is_some_and(fresh) {
        return Err(Problem::unavailable(
            "the chain is not being followed at the moment, so a nullifier that was spent there could be missed; nothing was \
             changed",
        ));
    }
    Ok(())
}

fn invalid_proof(reason: &str) -> Problem {
    let detail = format!("the proof does not verify for these public inputs under the pinned key: {reason}");
    Problem::refused("invalid-proof", "proof", detail)
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
    registry: &RegistryFacts,
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
