//! Leasing, keeping and ending a job: the prover's side.

use std::time::Duration;

use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;
use veilpass_protocol::{Context, Nullifier, ProofStatement, ProverKeyId, RegistryId, SealedWitness, TrackId};

use super::JobFailure;
use crate::{
    Store, StoreError,
    convert::{bigint, element, epoch},
};

const TABLE: &str = "proof_jobs";

pub(super) const LEASE: &str = "
    WITH next AS (
        SELECT id FROM proof_jobs WHERE state = 'queued' AND prover_key_id = $1
        ORDER BY turn, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
    ), leased AS (
        UPDATE proof_jobs j SET state = 'leased', attempts = attempts + 1, started_at = now(), lease_id = $2,
               leased_by = $3, lease_expires_at = now() + make_interval(secs => $4)
        FROM next WHERE j.id = next.id
        RETURNING j.id, lease_id, attempts, registry_id, track_id, epoch::text AS epoch, nullifier, context,
                  sealed_witness, round
    ), moved_on AS (
        UPDATE prover_keys k SET round = leased.round FROM leased WHERE k.id = $1 AND k.round < leased.round
    )
    SELECT * FROM leased";

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
    /// Leases the job whose turn it is among those that wait for this key, if there is one, and moves the queue's virtual
    /// time on to its round. A job that others are just leasing is skipped, not waited for.
    pub async fn lease_job(
        &self,
        key: ProverKeyId,
        worker: &str,
        duration: Duration,
    ) -> Result<Option<LeasedJob>, StoreError> {
        let row = sqlx::query(LEASE)
            .bind(key.to_bytes())
            .bind(Uuid::new_v4())
            .bind(worker)
            .bind(duration.as_secs_f64())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(from_row).transpose()
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
