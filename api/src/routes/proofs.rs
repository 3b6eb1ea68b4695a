//! Delegated proofs: a sealed witness in, a job out, a proof later.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tracing::Instrument;
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_protocol::{
    Context, Epoch, Nullifier, ProofStatement, ProverKeyId, RegistryId, SEALED_WITNESS_BYTES, SealedWitness, TrackId,
};
use veilpass_store::{Cancelled, EnqueueError, NewJob};

use super::{abandon::AbandonOnDrop, proof_view::ProofView};
use crate::{
    admission::{Estimate, retry_after_seconds},
    body::{self, Base64Bytes},
    client_address::Client,
    prefer::Prefer,
    problem::{Problem, ProblemDocument},
    schema::{EnvelopeBase64, EpochNumber, FieldHex, ProverKeyIdHex},
    state::{AppState, unix_now},
};

/// Body of `POST /v1/proofs`: the public inputs without the root, which the prover chooses, and the sealed witness.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProofRequest {
    /// The registry.
    #[schema(value_type = FieldHex)]
    registry_id: RegistryId,
    /// The track.
    #[schema(value_type = FieldHex)]
    track_id: TrackId,
    /// The epoch.
    #[schema(value_type = EpochNumber)]
    epoch: Epoch,
    /// `H(NULLIFIER, s, scope)`.
    #[schema(value_type = FieldHex)]
    nullifier: Nullifier,
    /// The hash of what the proof is for.
    #[schema(value_type = FieldHex)]
    context: Context,
    /// What only the prover may read.
    sealed_witness: SealedWitnessBody,
}

/// A witness sealed to a prover (HPKE, RFC 9180).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SealedWitnessBody {
    /// The key that it is sealed to.
    #[schema(value_type = ProverKeyIdHex)]
    prover_key_id: ProverKeyId,
    /// Encapsulated key and ciphertext, base64.
    #[schema(value_type = EnvelopeBase64)]
    envelope: Base64Bytes<SEALED_WITNESS_BYTES>,
}

/// Queues a proof: 202, with the job's place in `Location`. The same request again is the same job.
///
/// With `Prefer: wait=N` the answer waits for the job's end, and is then what `GET` says, with 200. If the client goes away
/// meanwhile the job is cancelled.
#[utoipa::path(post, path = "/v1/proofs", operation_id = "createProof", tag = "proofs", request_body = ProofRequest,
    params(("Prefer" = Option<String>, Header, description = "`wait=N`: answer when the job ended, or after N seconds")),
    responses(
        (status = 200, description = "The job ended while the request waited", body = ProofView),
        (status = 202, description = "Queued", body = ProofView, headers(
            ("Location" = String, description = "The job"),
            ("Retry-After" = u32, description = "Seconds until it is worth asking"))),
        (status = 422, description = "A field cannot be accepted", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    client: Client,
    prefer: Prefer,
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
    // If too many wait already, or memory is critical, this one is answered at once.
    let wait = prefer.wait.filter(|_| !state.in_flight.memory_is_critical());
    let wait = wait.and_then(|longest| Some((longest, state.signals.try_wait()?)));
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
        client: client.0,
        patient: wait.is_none(),
    };
    let (queued, abandon) =
        if wait.is_some() { queue_abandonably(state.clone(), job).await? } else { (queue(&state, &job).await?, None) };
    let location = HeaderValue::try_from(format!("/v1/proofs/{}", queued.id)).map_err(|_| Problem::internal())?;
    let location = [(header::LOCATION, location)];
    let mut is_new = queued.is_new;
    if let Some((longest, permit)) = wait {
        let has_ended = permit.wait_for_end(queued.id, longest).await;
        abandon.into_iter().for_each(AbandonOnDrop::disarm);
        is_new = false;
        if has_ended && let Some(job) = state.store.job(queued.id).await? {
            let applied = [("preference-applied", "wait")];
            return Ok((StatusCode::OK, location, applied, Json(ProofView::of(job))).into_response());
        }
    }
    let view = match if is_new { None } else { state.store.job(queued.id).await? } {
        Some(job) => ProofView::of(job),
        None => ProofView::queued(queued.id),
    };
    let headers = view.retry_headers(Some(&queued.estimate));
    Ok((StatusCode::ACCEPTED, location, headers, Json(view.expecting(&queued.estimate))).into_response())
}

/// Turns are fair, but only among jobs that were taken: when the queue is half of what is allowed, a client that has a large
/// part of it already gets no more in.
async fn leave_room_for_others(state: &AppState, job: &NewJob) -> Result<(), Problem> {
    let estimate = state.admission.estimate(job.prover_key_id).await?;
    let Some(excess) = estimate.wait.checked_sub(state.policy.max_queue_wait / 2) else { return Ok(()) };
    if state.store.client_backlog(job.prover_key_id, job.client).await? < estimate.client_share() {
        return Ok(());
    }
    Err(Problem::client_share_used(retry_after_seconds(excess)))
}

struct Queued {
    id: Uuid,
    is_new: bool,
    estimate: Estimate,
}

/// The job that the same request made before, or a new one if there is room and the wait is not too long.
async fn queue(state: &AppState, job: &NewJob) -> Result<Queued, Problem> {
    if let Some(id) = state.store.claim_job(job).await? {
        let estimate = state.admission.estimate(job.prover_key_id).await?;
        return Ok(Queued { id, is_new: false, estimate });
    }
    leave_room_for_others(state, job).await?;
    let estimate = state
        .admission
        .admit(job.prover_key_id)
        .await?
        .map_err(|too_long| Problem::queue_full(retry_after_seconds(too_long.retry_after)))?;
    let capacity = state.policy.queue_capacity;
    let id = state.store.enqueue_job(job, capacity).await.map_err(|error| match error {
        EnqueueError::QueueFull => Problem::queue_full(retry_after_seconds(estimate.until_room(capacity))),
        EnqueueError::UnknownTrack => Problem::refused("unknown-track", "track_id", "the registry has no such track"),
        EnqueueError::UnknownProverKey => Problem::refused(
            "unknown-prover-key",
            "sealed_witness.prover_key_id",
            "no live prover holds that key; see /v1/prover-keys",
        ),
        EnqueueError::Store(error) => error.into(),
    })?;
    Ok(Queued { id, is_new: true, estimate })
}

/// The same, and the job is given up when the second of the pair is dropped. In a task of its own: if the client goes away now
/// the task goes on, and drops the pair when it knows which job that is.
async fn queue_abandonably(state: AppState, job: NewJob) -> Result<(Queued, Option<AbandonOnDrop>), Problem> {
    let task = async move {
        let queued = queue(&state, &job).await?;
        let abandon = AbandonOnDrop::new(state.store, queued.id);
        Ok((queued, Some(abandon)))
    };
    tokio::spawn(task.in_current_span()).await.map_err(|panic| {
        tracing::error!(%panic, "queueing");
        Problem::internal()
    })?
}

fn unknown() -> Problem {
    Problem::not_found("there is no such proof job")
}

/// How far a job is. The id is a random capability: whoever made the job knows it, and nobody can list jobs.
#[utoipa::path(get, path = "/v1/proofs/{id}", operation_id = "proof", tag = "proofs",
    params(("id" = Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The job", body = ProofView),
        (status = 404, description = "There is no such job", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 410, description = "The job ended so long ago that its proof was removed", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn status(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: Uuid = id.parse().map_err(|_| unknown())?;
    let Some(job) = state.store.job(id).await? else {
        let archived = state.store.archived_job(id).await?.ok_or_else(unknown)?;
        return Err(Problem::job_archived(archived.retention));
    };
    let view = ProofView::of(job);
    Ok((view.retry_headers(None), Json(view)).into_response())
}

/// Cancels a job: 204, whether it ended now or before. Whoever knows the id may cancel.
#[utoipa::path(delete, path = "/v1/proofs/{id}", operation_id = "cancelProof", tag = "proofs",
    params(("id" = Uuid, Path, description = "The job")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "There is no such job", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn cancel(State(state): State<AppState>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let id: Uuid = id.parse().map_err(|_| unknown())?;
    match state.store.cancel_job(id).await? {
        Cancelled::Now | Cancelled::HadEnded => Ok(StatusCode::NO_CONTENT),
        Cancelled::Unknown => Err(unknown()),
    }
}
