//! Queueing a job: the client's side.

use sqlx::Row;
use uuid::Uuid;
use veilpass_protocol::ProverKeyId;

use super::{ClientBucket, NewJob};
use crate::{Store, StoreError, convert::bigint, error::violated_constraint};

/// Why a job was not queued.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    /// The queue holds as many jobs as it may; or others took the place in it five times.
    #[error("the queue is full")]
    QueueFull,
    /// The registry has no such track.
    #[error("the registry has no such track")]
    UnknownTrack,
    /// No prover announced that key, or none that is still alive.
    #[error("no live prover holds that key")]
    UnknownProverKey,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Counting stops at the capacity, whatever the history. The client's round is used up only with the job.
pub(super) const ENQUEUE: &str = "
    WITH live AS (
        SELECT id, round FROM prover_keys WHERE id = $7 AND expires_at > now()
    ), room AS (
        SELECT 1 FROM live
        WHERE (SELECT count(*) FROM (SELECT 1 FROM proof_jobs WHERE state = 'queued' LIMIT $9) AS waiting) < $9
    ), place AS (
        INSERT INTO queue_rounds AS mine (prover_key_id, client_bucket, next_round)
        SELECT live.id, $10, live.round + 1 FROM live, room
        ON CONFLICT (prover_key_id, client_bucket)
            DO UPDATE SET next_round = GREATEST(mine.next_round + 1, excluded.next_round)
        RETURNING next_round - 1 AS round
    ), queued AS (
        INSERT INTO proof_jobs (id, registry_id, track_id, epoch, nullifier, context, prover_key_id, sealed_witness,
                                patient, request_hash, round)
        SELECT $1, $2, $3, $4::numeric, $5, $6, $7, $8, $11, $12, place.round FROM place
        ON CONFLICT (request_hash) WHERE state <> 'failed' AND emptied_at IS NULL DO NOTHING
        RETURNING id
    ), claimed AS (
        INSERT INTO proof_job_claims (token_hash, job_id) SELECT $13, id FROM queued
    )
    SELECT EXISTS (SELECT 1 FROM live) AS is_live, EXISTS (SELECT 1 FROM room) AS has_room,
           EXISTS (SELECT 1 FROM queued) AS is_queued";

pub(super) const CLAIM: &str = "
    WITH same AS (
        UPDATE proof_jobs SET claims = claims + 1, patient = patient AND $2
        WHERE request_hash = $1 AND state <> 'failed' AND emptied_at IS NULL RETURNING id
    )
    INSERT INTO proof_job_claims (token_hash, job_id) SELECT $3, id FROM same RETURNING job_id";

pub(super) const BACKLOG: &str = "
    SELECT r.next_round - k.round - 1 FROM queue_rounds r JOIN prover_keys k ON k.id = r.prover_key_id
    WHERE r.prover_key_id = $1 AND r.client_bucket = $2";

/// How often a job is queued when others queue and cancel the same request at the same time.
const RACES: u32 = 5;

impl Store {
    /// Queues a job unless `capacity` jobs wait already. Of the same request at the same time one job is made.
    pub async fn enqueue_job(&self, job: &NewJob, capacity: u32) -> Result<Uuid, EnqueueError> {
        for _ in 0..RACES {
            if let Some(same) = self.claim_job(job).await? {
                return Ok(same);
            }
            if let Some(queued) = self.insert_job(job, capacity).await? {
                return Ok(queued);
            }
        }
        Err(EnqueueError::QueueFull)
    }

    /// The job that the same request made before, unless that failed or its proof was fetched by all who asked: it now has one
    /// claim more, by the job's token.
    pub async fn claim_job(&self, job: &NewJob) -> Result<Option<Uuid>, StoreError> {
        let same = sqlx::query_scalar(CLAIM).bind(job.request_hash()).bind(job.patient).bind(job.token.as_bytes());
        Ok(same.fetch_optional(&self.pool).await?)
    }

    /// How many rounds lie between the queue's and the client's next one: about as many jobs of this client wait.
    pub async fn client_backlog(&self, key: ProverKeyId, client: ClientBucket) -> Result<u64, StoreError> {
        let backlog: Option<i64> =
            sqlx::query_scalar(BACKLOG).bind(key.to_bytes()).bind(client.number()).fetch_optional(&self.pool).await?;
        Ok(backlog.unwrap_or(0).max(0).unsigned_abs())
    }

    /// `None`: the same request was queued meanwhile.
    async fn insert_job(&self, job: &NewJob, capacity: u32) -> Result<Option<Uuid>, EnqueueError> {
        let (id, statement) = (Uuid::new_v4(), &job.statement);
        let inserted = sqlx::query(ENQUEUE)
            .bind(id)
            .bind(statement.registry_id.to_be_bytes())
            .bind(statement.track_id.to_be_bytes())
            .bind(statement.epoch.0.to_string())
            .bind(statement.nullifier.to_be_bytes())
            .bind(statement.context.to_be_bytes())
            .bind(job.prover_key_id.to_bytes())
            .bind(job.sealed_witness.as_bytes().as_slice())
            .bind(bigint(u64::from(capacity)))
            .bind(job.client.number())
            .bind(job.patient)
            .bind(job.request_hash())
            .bind(job.token.as_bytes())
            .fetch_one(&self.pool)
            .await
            .map_err(|error| match violated_constraint(&error) {
                Some("proof_jobs_registry_id_track_id_fkey") => EnqueueError::UnknownTrack,
                _ => EnqueueError::Store(error.into()),
            })?;
        let is = |column| inserted.try_get::<bool, _>(column).map_err(StoreError::from);
        if !is("is_live")? {
            return Err(EnqueueError::UnknownProverKey);
        }
        if !is("has_room")? {
            return Err(EnqueueError::QueueFull);
        }
        Ok(is("is_queued")?.then_some(id))
    }
}
