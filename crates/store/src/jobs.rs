//! The queue of proof jobs: leased rows.
//!
//! A prover leases a job (`FOR UPDATE SKIP LOCKED`), says by heartbeats that it is alive, and ends the job. Each lease
//! has a fresh id, the fence: a prover whose lease expired and was given to another cannot end the job any more. The
//! sealed witness leaves the row in the statement that ends the job.

mod lease;
mod status;

use std::fmt;

use uuid::Uuid;
use veilpass_protocol::{ProofStatement, ProverKeyId, SealedWitness};

use crate::{Store, StoreError, convert::bigint, error::violated_constraint};
pub use lease::LeasedJob;
pub use status::{JobOutcome, JobState, ProofJob};

/// How often a job is tried before it fails with [`JobFailure::AttemptsExhausted`].
pub const MAX_ATTEMPTS: i32 = 3;

/// A proof to be made.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What to prove.
    pub statement: ProofStatement,
    /// The prover key that the witness is sealed to.
    pub prover_key_id: ProverKeyId,
    /// The sealed witness.
    pub sealed_witness: SealedWitness,
}

/// Why a job was not queued.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    /// The queue holds as many jobs as it may.
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

/// Why a job has no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobFailure {
    /// The sealed witness does not open with the prover's key for this statement.
    SealedWitnessInvalid,
    /// No leaf of the registry belongs to this secret, token and track.
    NotAMember,
    /// The witness does not satisfy the circuit; for a member, the nullifier is not that of the secret and scope.
    WitnessUnsatisfied,
    /// The registry has no root to prove under.
    NoRoot,
    /// Every attempt ended without an answer.
    AttemptsExhausted,
}

impl JobFailure {
    const ALL: [Self; 5] =
        [Self::SealedWitnessInvalid, Self::NotAMember, Self::WitnessUnsatisfied, Self::NoRoot, Self::AttemptsExhausted];

    /// The failure's stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::SealedWitnessInvalid => "sealed_witness_invalid",
            Self::NotAMember => "not_a_member",
            Self::WitnessUnsatisfied => "witness_unsatisfied",
            Self::NoRoot => "no_root",
            Self::AttemptsExhausted => "attempts_exhausted",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.code() == code)
    }
}

impl fmt::Display for JobFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SealedWitnessInvalid => "the sealed witness does not open with the prover's key for this statement",
            Self::NotAMember => "no enrolled leaf belongs to this identity, token and track",
            Self::WitnessUnsatisfied => "the nullifier is not that of this identity in this registry, track and epoch",
            Self::NoRoot => "the registry has no published root yet",
            Self::AttemptsExhausted => "the provers could not finish the job; submit it again",
        })
    }
}

impl Store {
    /// Queues a job unless `capacity` jobs wait already. Counting stops at the capacity, whatever the history.
    pub async fn enqueue_job(&self, job: &NewJob, capacity: u32) -> Result<Uuid, EnqueueError> {
        let (id, statement) = (Uuid::new_v4(), &job.statement);
        let key = job.prover_key_id.to_bytes();
        let live = sqlx::query("SELECT 1 FROM prover_keys WHERE id = $1 AND expires_at > now()")
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::from)?;
        if live.is_none() {
            return Err(EnqueueError::UnknownProverKey);
        }
        let inserted = sqlx::query(
            "INSERT INTO proof_jobs
                 (id, registry_id, track_id, epoch, nullifier, context, prover_key_id, sealed_witness)
             SELECT $1, $2, $3, $4::numeric, $5, $6, $7, $8
             WHERE (SELECT count(*) FROM (SELECT 1 FROM proof_jobs WHERE state = 'queued' LIMIT $9) AS waiting) < $9",
        )
        .bind(id)
        .bind(statement.registry_id.to_be_bytes())
        .bind(statement.track_id.to_be_bytes())
        .bind(statement.epoch.0.to_string())
        .bind(statement.nullifier.to_be_bytes())
        .bind(statement.context.to_be_bytes())
        .bind(key)
        .bind(job.sealed_witness.as_bytes().as_slice())
        .bind(bigint(u64::from(capacity)))
        .execute(&self.pool)
        .await;
        match inserted {
            Ok(done) if done.rows_affected() == 1 => Ok(id),
            Ok(_) => Err(EnqueueError::QueueFull),
            Err(error) => Err(match violated_constraint(&error) {
                Some("proof_jobs_registry_id_track_id_fkey") => EnqueueError::UnknownTrack,
                Some("proof_jobs_prover_key_id_fkey") => EnqueueError::UnknownProverKey,
                _ => EnqueueError::Store(error.into()),
            }),
        }
    }
}
