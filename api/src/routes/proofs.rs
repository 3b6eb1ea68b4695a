//! Asking for a delegated proof: a sealed witness in, a job out. What becomes of the job is in `job_status.rs`, `job_events.rs` and
//! `job_result.rs`.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_protocol::{
    Context, Epoch, Nullifier, ProofStatement, ProverKeyId, RegistryId, SEALED_WITNESS_BYTES, SealedWitness, TrackId,
    unix_now,
};
use veilpass_store::{FetchOutcome, NewJob, Store, TokenHash};

use super::{
    abandon::AbandonOnDrop,
    proof_view::ProofView,
    queueing::{queue, queue_abandonably},
};
use crate::{
    body::{self, Base64Bytes},
    client_address::Client,
    job_token::JobToken,
    prefer::Prefer,
    problem::{Problem, ProblemDocument},
    schema::{EnvelopeBase64, EpochNumber, FieldHex, ProverKeyIdHex},
    state::AppState,
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
