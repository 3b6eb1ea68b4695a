//! What became of a job: the client's side.

use sqlx::Row;
use uuid::Uuid;
use veilpass_protocol::{Context, MerkleRoot, Nullifier, ProofStatement, PublicInputs, RegistryId, TrackId};

use super::{AttemptFailure, JobFailure};
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
    /// Why the newest attempt that failed did; `None` if none did, or for a reason of a newer build.
    pub last_error: Option<AttemptFailure>,
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
    /// One job; `None` if there is none, or if it ended so long ago that it was archived.
    pub async fn job(&self, id: Uuid) -> Result<Option<ProofJob>, StoreError> {
        let row = sqlx::query(
            "SELECT j.state, j.attempts, j.last_error, j.registry_id, j.track_id, j.epoch::text AS epoch, j.nullifier, j.context,
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
        let last_error: Option<&str> = row.try_get("last_error")?;
        let last_error = last_error.and_then(AttemptFailure::from_code);
        Ok(Some(ProofJob { id, state, attempts: row.try_get("attempts")?, last_error, outcome }))
    }
}
