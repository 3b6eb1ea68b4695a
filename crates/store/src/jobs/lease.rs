//! Leasing, keeping and ending a job: the prover's side.

use std::time::Duration;

use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;
use veilpass_protocol::{Context, Nullifier, ProofStatement, ProverKeyId, RegistryId, SealedWitness, TrackId};

use super::{JobFailure, MAX_ATTEMPTS};
use crate::{
    Store, StoreError,
    convert::{bigint, element, epoch},
};

const TABLE: &str = "proof_jobs";

/// A job that this prover works on.
#[derive(Clone, Debug)]
pub struct LeasedJob {
    /// The job.
    pub id: Uuid,
    /// The fence: proves that the lease is still ours.
    pub lease_id: Uuid,
    /// Attempts so far, this one included.
    pub attempts: i32,
    /// What to prove.
    pub statement: ProofStatement,
    /// The sealed witness.
    pub sealed_witness: SealedWitness,
}

fn from_row(row: &PgRow) -> Result<LeasedJob, StoreError> {
    Ok(LeasedJob {
        id: row.try_get("id")?,
        lease_id: row.try_get("lease_id")?,
        attempts: row.try_get("attempts")?,
        statement: ProofStatement {
            registry_id: element(row, TABLE, "registry_id", RegistryId::new)?,
            track_id: element(row, TABLE, "track_id", TrackId::new)?,
            epoch: epoch(row, TABLE)?,
            nullifier: element(row, TABLE, "nullifier", Nullifier::new)?,
            context: element(row, TABLE, "context", Context::new)?,
        },
        sealed_witness: SealedWitness::from_slice(row.try_get("sealed_witness")?)
            .map_err(|error| StoreError::corrupt(TABLE, error))?,
    })
}

impl Store {
    /// Leases the oldest job that waits for this key, if there is one. A job that others are just leasing is skipped,
    /// not waited for.
    pub async fn lease_job(
        &self,
        key: ProverKeyId,
        worker: &str,
        duration: Duration,
    ) -> Result<Option<LeasedJob>, StoreError> {
        let row = sqlx::query(
            "UPDATE proof_jobs SET state = 'leased', attempts = attempts + 1, lease_id = $2, leased_by = $3,
                    lease_expires_at = now() + make_interval(secs => $4)
             WHERE id = (SELECT id FROM proof_jobs WHERE state = 'queued' AND prover_key_id = $1
                         ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING id, lease_id, attempts, registry_id, track_id, epoch::text AS epoch, nullifier, context,
                       sealed_witness",
        )
        .bind(key.to_bytes())
        .bind(Uuid::new_v4())
        .bind(worker)
        .bind(duration.as_secs_f64())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(from_row).transpose()
    }

    /// Puts jobs whose lease has expired back into the queue, or ends them after [`MAX_ATTEMPTS`]. Any prover does this
    /// for all. Returns how many were requeued and how many failed.
    pub async fn requeue_expired_jobs(&self) -> Result<(u64, u64), StoreError> {
        let rows = sqlx::query(
            "WITH expired AS (
                 SELECT id FROM proof_jobs WHERE state = 'leased' AND lease_expires_at < now()
                 ORDER BY lease_expires_at LIMIT 100 FOR UPDATE SKIP LOCKED)
             UPDATE proof_jobs j SET
                 state            = CASE WHEN attempts < $1 THEN 'queued'::proof_job_state ELSE 'failed' END,
                 failure          = CASE WHEN attempts < $1 THEN NULL ELSE $2 END,
                 sealed_witness   = CASE WHEN attempts < $1 THEN sealed_witness END,
                 finished_at      = CASE WHEN attempts < $1 THEN NULL ELSE now() END,
                 lease_id = NULL, leased_by = NULL, lease_expires_at = NULL
             FROM expired WHERE j.id = expired.id
             RETURNING j.state = 'queued' AS requeued",
        )
        .bind(MAX_ATTEMPTS)
        .bind(JobFailure::AttemptsExhausted.code())
        .fetch_all(&self.pool)
        .await?;
        let requeued = rows.iter().filter(|row| row.try_get("requeued").unwrap_or(false)).count() as u64;
        Ok((requeued, rows.len() as u64 - requeued))
    }

    /// Extends a lease. `false`: the lease is lost, and the work on it should stop.
    pub async fn heartbeat(&self, job: Uuid, lease_id: Uuid, duration: Duration) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE proof_jobs SET lease_expires_at = now() + make_interval(secs => $3)
             WHERE id = $1 AND lease_id = $2",
        )
        .bind(job)
        .bind(lease_id)
        .bind(duration.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a job with its proof, under root `root_seq`. `false`: the lease is lost, and nothing was changed.
    pub async fn complete_job(
        &self,
        job: Uuid,
        lease_id: Uuid,
        root_seq: u64,
        proof: &[u8],
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE proof_jobs SET state = 'done', proof = $4, root_seq = $3, finished_at = now(),
                    sealed_witness = NULL, lease_id = NULL, leased_by = NULL, lease_expires_at = NULL
             WHERE id = $1 AND lease_id = $2",
        )
        .bind(job)
        .bind(lease_id)
        .bind(bigint(root_seq))
        .bind(proof)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a job without a proof. `false`: the lease is lost, and nothing was changed.
    pub async fn fail_job(&self, job: Uuid, lease_id: Uuid, failure: JobFailure) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE proof_jobs SET state = 'failed', failure = $3, finished_at = now(),
                    sealed_witness = NULL, lease_id = NULL, leased_by = NULL, lease_expires_at = NULL
             WHERE id = $1 AND lease_id = $2",
        )
        .bind(job)
        .bind(lease_id)
        .bind(failure.code())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a job back after a failed attempt, or ends it after [`MAX_ATTEMPTS`]. `false`: the lease was lost.
    pub async fn retry_job(&self, job: Uuid, lease_id: Uuid) -> Result<bool, StoreError> {
        // An expired lease and a failed attempt are the same to a job, so the same statement ends both.
        let done = sqlx::query("UPDATE proof_jobs SET lease_expires_at = '-infinity' WHERE id = $1 AND lease_id = $2")
            .bind(job)
            .bind(lease_id)
            .execute(&self.pool)
            .await?;
        self.requeue_expired_jobs().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a job back untouched (a prover that stops): the attempt does not count. `false`: the lease was lost.
    pub async fn release_job(&self, job: Uuid, lease_id: Uuid) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE proof_jobs SET state = 'queued', attempts = attempts - 1,
                    lease_id = NULL, leased_by = NULL, lease_expires_at = NULL
             WHERE id = $1 AND lease_id = $2",
        )
        .bind(job)
        .bind(lease_id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
