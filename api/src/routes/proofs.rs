//! Delegated proofs: a sealed witness in, a job out, a proof later.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use veilpass_protocol::{
    Context, Epoch, Nullifier, ProofStatement, ProverKeyId, PublicInputs, RegistryId, SEALED_WITNESS_BYTES,
    SealedWitness, TrackId,
};
use veilpass_store::{EnqueueError, JobOutcome, JobState, NewJob};

use crate::{
    body::{self, Base64Bytes},
    problem::Problem,
    state::{AppState, unix_now},
};

/// Body of `POST /v1/proofs`: the public inputs without the root, which the prover chooses, and the sealed witness.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProofRequest {
    registry_id: RegistryId,
    track_id: TrackId,
    epoch: Epoch,
    nullifier: Nullifier,
    context: Context,
    sealed_witness: SealedWitnessBody,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedWitnessBody {
    prover_key_id: ProverKeyId,
    /// Encapsulated key and ciphertext, base64.
    envelope: Base64Bytes<SEALED_WITNESS_BYTES>,
}

#[derive(Serialize)]
pub(crate) struct ProofView {
    id: Uuid,
    status: &'static str,
    attempts: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_inputs: Option<PublicInputs>,
    /// 7,232 bytes, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
}

#[derive(Serialize)]
struct FailureView {
    code: &'static str,
    detail: String,
}

/// How soon to ask again, in seconds: a proof takes about 0.2 s.
const POLL_AFTER: HeaderValue = HeaderValue::from_static("1");

/// `POST /v1/proofs`: 202, with the job's place in `Location`.
pub(crate) async fn create(
    State(state): State<AppState>,
    body::Json(request): body::Json<ProofRequest>,
) -> Result<Response, Problem> {
    let registry = state
        .facts
        .registry(request.registry_id)
        .await?
        .ok_or_else(|| Problem::refused("unknown-registry", "registry_id", "there is no such registry"))?;
    if !registry.epochs.accepts(request.epoch, unix_now()) {
        return Err(Problem::refused("stale-epoch", "epoch", "not the current epoch of this registry"));
    }
    let job = NewJob {
        statement: ProofStatement {
            registry_id: request.registry_id,
            track_id: request.track_id,
            epoch: request.epoch,
            nullifier: request.nullifier,
            context: request.context,
        },
        prover_key_id: request.sealed_witness.prover_key_id,
        sealed_witness: SealedWitness::from_slice(request.sealed_witness.envelope.0.as_slice())
            .map_err(|error| Problem::malformed_field("sealed_witness.envelope", error.to_string()))?,
    };
    let id = state.store.enqueue_job(&job, state.policy.queue_capacity).await.map_err(|error| match error {
        EnqueueError::QueueFull => Problem::queue_full(),
        EnqueueError::UnknownTrack => Problem::refused("unknown-track", "track_id", "the registry has no such track"),
        EnqueueError::UnknownProverKey => Problem::refused(
            "unknown-prover-key",
            "sealed_witness.prover_key_id",
            "no live prover holds that key; see /v1/prover-keys",
        ),
        EnqueueError::Store(error) => error.into(),
    })?;
    let location = HeaderValue::try_from(format!("/v1/proofs/{id}")).map_err(|_| Problem::internal())?;
    let headers = [(header::LOCATION, location), (header::RETRY_AFTER, POLL_AFTER)];
    let view = ProofView { id, status: "queued", attempts: 0, public_inputs: None, proof: None, failure: None };
    Ok((StatusCode::ACCEPTED, headers, Json(view)).into_response())
}

/// `GET /v1/proofs/{id}`. The id is a random capability: whoever made the job knows it, and nobody can list jobs.
pub(crate) async fn status(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    let unknown = || Problem::not_found("there is no such proof job");
    let id: Uuid = id.parse().map_err(|_| unknown())?;
    let job = state.store.job(id).await?.ok_or_else(unknown)?;
    let mut view = ProofView {
        id,
        status: match job.state {
            JobState::Queued => "queued",
            JobState::Leased => "proving",
            JobState::Done => "done",
            JobState::Failed => "failed",
        },
        attempts: job.attempts,
        public_inputs: None,
        proof: None,
        failure: None,
    };
    let mut headers = HeaderMap::new();
    match job.outcome {
        None => _ = headers.insert(header::RETRY_AFTER, POLL_AFTER),
        Some(JobOutcome::Proved { proof, public_inputs }) => {
            view.proof = Some(BASE64_STANDARD.encode(proof));
            view.public_inputs = Some(public_inputs);
        }
        Some(JobOutcome::Failed(failure)) => {
            view.failure = Some(FailureView { code: failure.code(), detail: failure.to_string() });
        }
    }
    Ok((headers, Json(view)).into_response())
}
