//! What became of a job: the client's side.

use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;
use veilpass_protocol::{Context, MerkleRoot, Nullifier, ProofStatement, PublicInputs, RegistryId, TrackId};

use super::{AttemptFailure, JobFailure, TokenHash};
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

/// A job as whoever has one of its tokens sees it.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    /// The job.
    pub job: ProofJob,
    /// Whether the proof was fetched with this token.
    pub is_fetched: bool,
}

/// How a job ended.
#[derive(Clone, Debug)]
pub enum JobOutcome {
    /// With a proof of this. The proof itself is [fetched](Store::fetch_proof).
    Proved {
        /// What it proves.
        public_inputs: PublicInputs,
    },
    /// Without one.
    Failed(JobFailure),
}

/// What [`from_row`] reads.
macro_rules! columns {
    () => {
        "j.state, j.attempts, j.last_error, j.registry_id, j.track_id, j.epoch::text AS epoch, j.nullifier, j.context,
         j.failure, r.root"
    };
}

/// What [`claimed_from_row`] reads, of the job $1 for the token $2.
pub(super) const OF_CLAIM: &str = concat!(
    columns!(),
    ", c.fetched_at IS NOT NULL AS is_fetched
    FROM proof_job_claims c JOIN proof_jobs j ON j.id = c.job_id
    LEFT JOIN roots r ON r.registry_id = j.registry_id AND r.seq = j.root_seq
    WHERE c.token_hash = $2 AND j.id = $1"
);

fn from_row(id: Uuid, row: &PgRow) -> Result<ProofJob, StoreError> {
    let state: JobState = row.try_get("state")?;
    let outcome = match state {
        JobState::Queued | JobState::Leased => None,
        JobState::Failed => {
            let failure = JobFailure::from_code(row.try_get("failure")?);
            Some(JobOutcome::Failed(failure.ok_or_else(|| StoreError::corrupt(TABLE, "failure"))?))
        }
        JobState::Done => {
            let statement = ProofStatement {
                registry_id: element(row, TABLE, "registry_id", RegistryId::new)?,
                track_id: element(row, TABLE, "track_id", TrackId::new)?,
                epoch: epoch(row, TABLE)?,
                nullifier: element(row, TABLE, "nullifier", Nullifier::new)?,
                context: element(row, TABLE, "context", Context::new)?,
            };
            let public_inputs = statement.under_root(element(row, TABLE, "root", MerkleRoot::new)?);
            Some(JobOutcome::Proved { public_inputs })
        }
    };
    let last_error: Option<&str> = row.try_get("last_error")?;
    let last_error = last_error.and_then(AttemptFailure::from_code);
    Ok(ProofJob { id, state, attempts: row.try_get("attempts")?, last_error, outcome })
}

pub(super) fn claimed_from_row(id: Uuid, row: &PgRow) -> Result<ClaimedJob, StoreError> {
    Ok(ClaimedJob { job: from_row(id, row)?, is_fetched: row.try_get("is_fetched")? })
}

impl Store {
    /// One job, for an operator; `None` if there is none, or if it ended so long ago that it was archived.
    pub async fn job(&self, id: Uuid) -> Result<Option<ProofJob>, StoreError> {
        let row = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM proof_jobs j LEFT JOIN roots r ON r.registry_id = j.registry_id AND r.seq = j.root_seq WHERE j.id = $1"
        ))
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| from_row(id, &row)).transpose()
    }

    /// One job, for whoever has one of its tokens; `None` also if there is the job, but not for this token.
    pub async fn claimed_job(&self, id: Uuid, token: TokenHash) -> Result<Option<ClaimedJob>, StoreError> {
        let row = sqlx::query(&format!("SELECT {OF_CLAIM}"))
            .bind(id)
            .bind(token.as_bytes())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| claimed_from_row(id, &row)).transpose()
    }
}
