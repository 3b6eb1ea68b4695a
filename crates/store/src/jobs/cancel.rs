//! Jobs that nobody wants any more.

use uuid::Uuid;

use super::{JobFailure, TokenHash};
use crate::{Store, StoreError};

/// What became of a wish to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// The job ended now, with [`JobFailure::Cancelled`].
    Now,
    /// It had ended before, and stays as it was.
    HadEnded,
    /// There is no such job, or not for this token.
    Unknown,
}

/// The lease goes with the rest: whoever holds it cannot end the job any more.
const CANCEL: &str = "
    UPDATE proof_jobs SET state = 'failed', failure = $2, finished_at = now(), sealed_witness = NULL, lease_id = NULL,
           leased_by = NULL, lease_expires_at = NULL
    WHERE id = $1 AND state IN ('queued', 'leased')";

impl Store {
    /// Ends a job for whoever has one of its tokens, whether it waits or is worked on, for all others too: whoever repeated
    /// the request has the envelope, and so is the same client or one that it trusts.
    pub async fn cancel_job(&self, id: Uuid, token: TokenHash) -> Result<Cancelled, StoreError> {
        let done = sqlx::query(&format!(
            "{CANCEL} AND EXISTS (SELECT 1 FROM proof_job_claims WHERE token_hash = $3 AND job_id = $1)"
        ))
        .bind(id)
        .bind(JobFailure::Cancelled.code())
        .bind(token.as_bytes())
        .execute(&self.pool)
        .await?;
        if done.rows_affected() == 1 {
            return Ok(Cancelled::Now);
        }
        let is_known: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM proof_job_claims WHERE token_hash = $2 AND job_id = $1)")
                .bind(id)
                .bind(token.as_bytes())
                .fetch_one(&self.pool)
                .await?;
        Ok(if is_known { Cancelled::HadEnded } else { Cancelled::Unknown })
    }

    /// Takes back one claim of a job, of a client that went away before it learned its token, and ends the job if that was the
    /// last one. `true`: it was. A client that lost its connection and repeats the request must not find its job cancelled. Done
    /// again, it takes no other's claim.
    pub async fn abandon_job(&self, id: Uuid, token: TokenHash) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        let left: Option<i32> = sqlx::query_scalar(
            "WITH job AS (
                 SELECT id FROM proof_jobs WHERE id = $1 AND state IN ('queued', 'leased') FOR UPDATE
             ), claim AS (
                 DELETE FROM proof_job_claims c USING job WHERE c.token_hash = $2 AND c.job_id = job.id RETURNING c.job_id
             )
             UPDATE proof_jobs j SET claims = claims - 1 FROM claim WHERE j.id = claim.job_id RETURNING claims",
        )
        .bind(id)
        .bind(token.as_bytes())
        .fetch_optional(&mut *tx)
        .await?;
        let is_last = left == Some(0);
        if is_last {
            // Of a job that nobody ends in between: its row is held.
            sqlx::query(CANCEL).bind(id).bind(JobFailure::Cancelled.code()).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(is_last)
    }
}
