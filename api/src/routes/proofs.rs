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
use veilpass_store::{Cancelled, EnqueueError, FetchOutcome, NewJob, Store, TokenHash};

use super::{abandon::AbandonOnDrop, proof_view::ProofView};
use crate::{
    admission::{Estimate, retry_after_seconds},
    body::{self, Base64Bytes},
    client_address::Client,
    job_token::{Bearer, JobToken},
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

/// Queues a proof: 202, with the job's place in `Location`, and the token without which nobody can ask about it. The same request
/// again is the same job, with another token.
///
/// With `Prefer: wait=N` the answer waits for the job's end, and has the proof, with 200: it is fetched with that. If the client
/// goes away meanwhile the job is cancelled.
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
    // What is unknown is refused further down.
    let anonymity = match state.facts.has_track(registry.id, request.track_id).await? {
        true => state.anonymity.check(registry.id, request.track_id, "track_id").await?,
        false => None,
    };
    let token = JobToken::draw();
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
        token: token.hash(),
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
        if has_ended && let Some(view) = ended(&state.store, queued.id, token.hash()).await? {
            let applied = [("preference-applied", "wait")];
            return Ok((StatusCode::OK, location, applied, Json(view.for_client(token, anonymity))).into_response());
        }
    }
    let view = match if is_new { None } else { state.store.claimed_job(queued.id, token.hash()).await? } {
        Some(job) => ProofView::of(&job),
        None => ProofView::queued(queued.id),
    }
    .for_client(token, anonymity);
    let headers = view.retry_headers(Some(&queued.estimate));
    Ok((StatusCode::ACCEPTED, location, headers, Json(view.expecting(&queued.estimate))).into_response())
}

/// A job that has ended, with its proof if it has one and nobody else made it fetch that; none if it has been archived.
async fn ended(store: &Store, id: Uuid, token: TokenHash) -> Result<Option<ProofView>, Problem> {
    Ok(match store.fetch_proof(id, token).await? {
        Some(FetchOutcome::Proof(fetched)) => Some(ProofView::with_proof(&fetched)),
        Some(FetchOutcome::None(job)) => Some(ProofView::of(&job)),
        Some(FetchOutcome::AlreadyFetched) | None => None,
    })
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
        let abandon = AbandonOnDrop::new(state.store, queued.id, job.token);
        Ok((queued, Some(abandon)))
    };
    tokio::spawn(task.in_current_span()).await.map_err(|panic| {
        tracing::error!(%panic, "queueing");
        Problem::internal()
    })?
}

fn unknown() -> Problem {
    Problem::not_found("there is no such proof job for this token")
}

/// What is said about a job that is not there for this token, after the same work whether it is for another or for none.
pub(super) async fn unknown_for(store: &Store, id: Uuid, token: TokenHash) -> Result<Problem, Problem> {
    let archived = store.archived_job(id, token).await?;
    Ok(archived.map_or_else(unknown, |archived| Problem::job_archived(archived.retention)))
}

/// How far a job is, for whoever has one of its tokens. The proof itself is fetched with `POST /v1/proofs/{id}/result`.
#[utoipa::path(get, path = "/v1/proofs/{id}", operation_id = "proof", tag = "proofs",
    params(("id" = Uuid, Path, description = "The job")), security(("job_token" = [])),
    responses(
        (status = 200, description = "The job", body = ProofView),
        (status = 401, description = "Without a job token", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such job for this token", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 410, description = "The job ended so long ago that its proof was removed", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn status(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Bearer(token): Bearer,
) -> Result<Response, Problem> {
    let id: Uuid = id.parse().map_err(|_| unknown())?;
    let Some(job) = state.store.claimed_job(id, token).await? else {
        return Err(unknown_for(&state.store, id, token).await?);
    };
    let view = ProofView::of(&job);
    Ok((view.retry_headers(None), Json(view)).into_response())
}

/// Cancels a job: 204, whether it ended now or before. For all who asked for it: they have the same envelope.
#[utoipa::path(delete, path = "/v1/proofs/{id}", operation_id = "cancelProof", tag = "proofs",
    params(("id" = Uuid, Path, description = "The job")), security(("job_token" = [])),
    responses(
        (status = 204, description = "It has ended"),
        (status = 401, description = "Without a job token", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such job for this token", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Bearer(token): Bearer,
) -> Result<StatusCode, Problem> {
    let id: Uuid = id.parse().map_err(|_| unknown())?;
    match state.store.cancel_job(id, token).await? {
        Cancelled::Now | Cancelled::HadEnded => Ok(StatusCode::NO_CONTENT),
        Cancelled::Unknown => Err(unknown()),
    }
}
