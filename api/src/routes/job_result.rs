//! Fetching the proof of a job, once.

use axum::{
    Json,
    extract::{Path, State},
};
use uuid::Uuid;
use veilpass_store::{FetchOutcome, JobOutcome};

use super::{job_status::unknown_for, proof_view::ProofView};
use crate::{
    job_token::Bearer,
    problem::{Problem, ProblemDocument},
    state::AppState,
};

/// Fetches the proof, which each who asked for it can do once, with its own token. When all have, it is removed.
#[utoipa::path(post, path = "/v1/proofs/{id}/result", operation_id = "fetchProof", tag = "proofs",
    params(("id" = Uuid, Path, description = "The job")), security(("job_token" = [])),
    responses(
        (status = 200, description = "The job, with its proof", body = ProofView),
        (status = 401, description = "Without a job token", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such job for this token", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 409, description = "The job has not ended, or ended without a proof", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 410, description = "The proof was fetched with this token before, or removed", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn fetch(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Bearer(token): Bearer,
) -> Result<Json<ProofView>, Problem> {
    let id: Uuid = id.parse().unwrap_or_default();
    match state.store.fetch_proof(id, token).await? {
        Some(FetchOutcome::Proof(fetched)) => Ok(Json(ProofView::with_proof(&fetched))),
        Some(FetchOutcome::AlreadyFetched) => Err(Problem::already_fetched()),
        Some(FetchOutcome::None(job)) => Err(match job.job.outcome {
            Some(JobOutcome::Failed(failure)) => {
                Problem::no_proof("job-failed", "The job ended without a proof", failure.to_string())
            }
            _ => Problem::no_proof("not-finished", "The job has not ended", "ask again when its status is done"),
        }),
        None => Err(unknown_for(&state.store, id, token).await?),
    }
}
