//! Attempts that failed: the job is tried again, or is a dead letter.

use std::time::Duration;

use uuid::Uuid;

use super::{AttemptFailure, JobFailure, MAX_ATTEMPTS};
use crate::{Store, StoreError};

/// Jobs of one key that are ended at once.
const UNSERVED_BATCH: u32 = 500;

/// Ends an attempt: $1 is the most attempts, $2 the failure after them, $3 why this one failed. The job keeps its round, so
/// that it comes before what was queued after it.
const END_ATTEMPT: &str = "
    state          = CASE WHEN attempts < $1 THEN 'queued'::proof_job_state ELSE 'failed' END,
    failure        = CASE WHEN attempts < $1 THEN NULL ELSE $2 END,
    sealed_witness = CASE WHEN attempts < $1 THEN sealed_witness END,
    finished_at    = CASE WHEN attempts < $1 THEN NULL ELSE now() END,
    last_error = $3, lease_id = NULL, leased_by = NULL, lease_expires_at = NULL";

pub(super) fn requeue_expired() -> String {
    format!(
        "UPDATE proof_jobs SET {END_ATTEMPT}
         WHERE id = ANY (ARRAY(SELECT id FROM proof_jobs WHERE state = 'leased' AND lease_expires_at < now()
                               ORDER BY lease_expires_at LIMIT 100 FOR UPDATE SKIP LOCKED))
         RETURNING state = 'queued'"
    )
}

pub(super) fn unserved() -> String {
    format!(
        "UPDATE proof_jobs SET state = 'failed', failure = $1, finished_at = now(), sealed_witness = NULL
         WHERE id = ANY (ARRAY(
             SELECT waiting.id FROM prover_keys k CROSS JOIN LATERAL (
                 SELECT id FROM proof_jobs WHERE state = 'queued' AND prover_key_id = k.id
                 ORDER BY turn, created_at LIMIT {UNSERVED_BATCH} FOR UPDATE SKIP LOCKED) AS waiting
             WHERE k.expires_at < now() - make_interval(secs => $2)))"
    )
}

impl Store {
    /// Ends jobs that wait for a key that has not been announced for `patience` after it expired: they would fill the queue
    /// for ever, and their witnesses with them. Any prover does this for all. Returns how many ended.
    pub async fn fail_unserved_jobs(&self, patience: Duration) -> Result<u64, StoreError> {
        let done = sqlx::query(&unserved())
            .bind(JobFailure::ProverGone.code())
            .bind(patience.as_secs_f64())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }

    /// Puts jobs whose lease has expired back into the queue, or ends them after [`MAX_ATTEMPTS`]. Any prover does this
    /// for all. Returns how many were requeued and how many failed.
    pub async fn requeue_expired_jobs(&self) -> Result<(u64, u64), StoreError> {
        let requeued: Vec<bool> = sqlx::query_scalar(&requeue_expired())
            .bind(MAX_ATTEMPTS)
            .bind(JobFailure::AttemptsExhausted.code())
            .bind(AttemptFailure::LeaseExpired.code())
            .fetch_all(&self.pool)
            .await?;
        let failed = requeued.iter().filter(|requeued| !**requeued).count() as u64;
        Ok((requeued.len() as u64 - failed, failed))
    }

    /// Gives a job back after a failed attempt, or ends it after [`MAX_ATTEMPTS`]. `false`: the lease was lost.
    pub async fn retry_job(&self, job: Uuid, lease_id: Uuid, reason: AttemptFailure) -> Result<bool, StoreError> {
        let done = sqlx::query(&format!("UPDATE proof_jobs SET {END_ATTEMPT} WHERE id = $4 AND lease_id = $5"))
            .bind(MAX_ATTEMPTS)
            .bind(JobFailure::AttemptsExhausted.code())
            .bind(reason.code())
            .bind(job)
            .bind(lease_id)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
