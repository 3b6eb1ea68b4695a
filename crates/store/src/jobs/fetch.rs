//! Fetching a proof, which each who asked for it can do once.

use sqlx::Row;
use uuid::Uuid;
use veilpass_protocol::PublicInputs;

use super::{
    JobOutcome, TokenHash,
    status::{ClaimedJob, OF_CLAIM, claimed_from_row},
};
use crate::{Store, StoreError};

/// A proof that was fetched now, and cannot be fetched again with the same token.
#[derive(Clone, Debug)]
pub struct FetchedProof {
    /// 7,232 bytes in Barretenberg's format.
    pub proof: Vec<u8>,
    /// What it proves.
    pub public_inputs: PublicInputs,
    /// The job, as it was.
    pub job: ClaimedJob,
}

/// What became of a wish to fetch.
#[derive(Clone, Debug)]
pub enum FetchOutcome {
    /// Here it is.
    Proof(Box<FetchedProof>),
    /// It was fetched with this token before.
    AlreadyFetched,
    /// There is none: the job has not ended, or ended without one.
    None(Box<ClaimedJob>),
}

pub(super) const LOCK: &str = "SELECT 1 FROM proof_job_claims c JOIN proof_jobs j ON j.id = c.job_id
    WHERE c.token_hash = $2 AND j.id = $1 FOR UPDATE OF j, c";

impl Store {
    /// Takes the proof of a job that this token claims; none if there is no such job for it. When all who claimed the job have
    /// fetched it, the proof leaves the row.
    pub async fn fetch_proof(&self, id: Uuid, token: TokenHash) -> Result<Option<FetchOutcome>, StoreError> {
        let mut tx = self.pool.begin().await?;
        // Of two with one token, the second waits here and then sees that it was fetched.
        sqlx::query(LOCK).bind(id).bind(token.as_bytes()).execute(&mut *tx).await?;
        // A statement of its own: one that has waited sees the job as it became, but not the root that it was joined to.
        let row = sqlx::query(&format!("SELECT j.proof, {OF_CLAIM}"))
            .bind(id)
            .bind(token.as_bytes())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let job = claimed_from_row(id, &row)?;
        let Some(JobOutcome::Proved { public_inputs }) = job.job.outcome else {
            return Ok(Some(FetchOutcome::None(Box::new(job))));
        };
        let proof: Option<Vec<u8>> = row.try_get("proof")?;
        let Some(proof) = proof.filter(|_| !job.is_fetched) else { return Ok(Some(FetchOutcome::AlreadyFetched)) };
        sqlx::query("UPDATE proof_job_claims SET fetched_at = now() WHERE token_hash = $1")
            .bind(token.as_bytes())
            .execute(&mut *tx)
            .await?;
        // Requests that claim the job change its row too: none comes between.
        sqlx::query(
            "UPDATE proof_jobs SET fetches = fetches + 1, proof = CASE WHEN fetches + 1 < claims THEN proof END,
                    emptied_at = CASE WHEN fetches + 1 < claims THEN NULL ELSE now() END
             WHERE id = $1",
        )
        .bind(id)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(FetchOutcome::Proof(Box::new(FetchedProof { proof, public_inputs, job }))))
    }
}
