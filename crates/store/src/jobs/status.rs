//! What became of a job: the client's side.

use sqlx::Row;
use uuid::Uuid;
use veilpass_protocol::{Context, MerkleRoot, Nullifier, ProofStatement, PublicInputs, RegistryId, TrackId};

use super::JobFailure;
use crate::{
    Store, StoreError,
    convert::{element, epoch},
};

const TABLE: &str = "proof_jobs";

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "proof_job_state", rename_all = "lowercase")]
pub enum JobState {
    /// It waits for a prover.
    Queued,
    /// A prover works on it.
    Leased,
    /// Its proof is there.
    Done,
    /// It ended without a proof.
    Failed,
}

/// A job as its client sees it.
#[derive(Clone, Debug)]
pub struct ProofJob {
    /// Its id.
    pub id: Uuid,
    /// Where it is.
    pub state: JobState,
    /// How often a prover began.
    pub attempts: i32,
    /// How it ended, once it has.
    pub outcome: Option<JobOutcome>,
}

/// How a job ended.
#[derive(Clone, Debug)]
pub enum JobOutcome {
    /// With a proof.
    Proved {
        /// The proof: 7,232 bytes in Barretenberg's format.
        proof: Vec<u8>,
        /// What it proves.
        public_inputs: PublicInputs,
    },
    /// Without one.
    Failed(JobFailure),
}

impl Store {
    /// One job.
    pub async fn job(&self, id: Uuid) -> Result<Option<ProofJob>, StoreError> {
        let row = sqlx::query(
            "SELECT j.state, j.attempts, j.registry_id, j.track_id, j.epoch::text AS epoch, j.nullifier, j.context,
                    j.proof, j.failure, r.root
             FROM proof_jobs j LEFT JOIN roots r ON r.registry_id = j.registry_id AND r.seq = j.root_seq
             WHERE j.id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let state: JobState = row.try_get("state")?;
        let outcome = match state {
            JobState::Queued | JobState::Leased => None,
            JobState::Failed => {
                let failure = JobFailure::from_code(row.try_get("failure")?);
                Some(JobOutcome::Failed(failure.ok_or_else(|| StoreError::corrupt(TABLE, "failure"))?))
            }
            JobState::Done => {
                let statement = ProofStatement {
                    registry_id: element(&row, TABLE, "registry_id", RegistryId::new)?,
                    track_id: element(&row, TABLE, "track_id", TrackId::new)?,
                    epoch: epoch(&row, TABLE)?,
                    nullifier: element(&row, TABLE, "nullifier", Nullifier::new)?,
                    context: element(&row, TABLE, "context", Context::new)?,
                };
                let public_inputs = statement.under_root(element(&row, TABLE, "root", MerkleRoot::new)?);
                Some(JobOutcome::Proved { proof: row.try_get("proof")?, public_inputs })
            }
        };
        Ok(Some(ProofJob { id, state, attempts: row.try_get("attempts")?, outcome }))
    }

    /// Jobs that wait and jobs that are leased.
    pub async fn open_jobs(&self) -> Result<(u64, u64), StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM proof_jobs WHERE state = 'queued') AS queued,
                    (SELECT count(*) FROM proof_jobs WHERE state = 'leased') AS leased",
        )
        .fetch_one(&self.pool)
        .await?;
        let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        Ok((count("queued")?, count("leased")?))
    }
}
