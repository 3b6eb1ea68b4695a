//! How far a job is, and cancelling it.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use uuid::Uuid;
use veilpass_store::{Cancelled, Store, TokenHash};

use super::proof_view::ProofView;
use crate::{
    job_token::Bearer,
    problem::{Problem, ProblemDocument},
    state::AppState,
};

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

fn unknown() -> Problem {
    Problem::not_found("there is no such proof job for this token")
}

/// What is said about a job that is not there for this token, after the same work whether it is for another or for none.
pub(super) async fn unknown_for(store: &Store, id: Uuid, token: TokenHash) -> Result<Problem, Problem> {
    let archived = store.archived_job(id, token).await?;
    Ok(archived.map_or_else(unknown, |archived| Problem::job_archived(archived.retention)))
}
