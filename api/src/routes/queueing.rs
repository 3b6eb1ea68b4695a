//! How a proof request becomes a job: the same request's, or a new one if there is room and the wait is not too long.

use tracing::Instrument;
use uuid::Uuid;
use veilpass_store::{EnqueueError, NewJob};

use super::abandon::AbandonOnDrop;
use crate::{
    admission::{Estimate, retry_after_seconds},
    problem::Problem,
    state::AppState,
};

/// A job that waits for its turn.
pub(super) struct Queued {
    pub(super) id: Uuid,
    /// Nobody asked for the same before.
    pub(super) is_new: bool,
    pub(super) estimate: Estimate,
}

/// The job that the same request made before, or a new one if there is room and the wait is not too long.
pub(super) async fn queue(state: &AppState, job: &NewJob) -> Result<Queued, Problem> {
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

/// As [`queue`], and the job is given up when the second of the pair is dropped. In a task of its own: if the client goes away now
/// the task goes on, and drops the pair when it knows which job that is.
pub(super) async fn queue_abandonably(
    state: AppState,
    job: NewJob,
) -> Result<(Queued, Option<AbandonOnDrop>), Problem> {
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
