//! What becomes of ended jobs: they leave the queue's table, so that no statement has to pass them.

use std::time::Duration;

use uuid::Uuid;

use super::TokenHash;
use crate::{Store, StoreError, convert::bigint};

/// For how long an archived job is remembered, in days.
pub const ARCHIVE_DAYS: i32 = 30;
/// Rows that one statement moves or removes.
const BATCH: i64 = 500;

pub(super) const ARCHIVE: &str = "
    WITH moved AS (
        DELETE FROM proof_jobs
        WHERE id = ANY (ARRAY(SELECT id FROM proof_jobs
                              WHERE state IN ('done', 'failed') AND finished_at < now() - make_interval(secs => $1::float8)
                              ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED))
        RETURNING *
    )
    INSERT INTO proof_jobs_archive (id, registry_id, track_id, state, failure, last_error, attempts, created_at, started_at,
                                    finished_at, retention_seconds)
    SELECT id, registry_id, track_id, state, failure, last_error, attempts, created_at, started_at, finished_at, $1
    FROM moved";

pub(super) const FORGET: &str = "
    WITH forgotten AS (
        DELETE FROM proof_jobs_archive
        WHERE id = ANY (ARRAY(SELECT id FROM proof_jobs_archive WHERE finished_at < now() - make_interval(days => $1)
                              ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED))
        RETURNING id
    ), tokens AS (
        DELETE FROM proof_job_claims WHERE job_id = ANY (ARRAY(SELECT id FROM forgotten))
    )
    SELECT count(*) FROM forgotten";

/// A job of which only this is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchivedJob {
    /// For how long ended jobs were kept when it was archived.
    pub retention: Duration,
}

impl Store {
    /// Moves a batch of jobs that ended longer than `retention` ago into the archive, and removes a batch of what has been
    /// there for [`ARCHIVE_DAYS`]. Any prover does this for all. Returns how many were moved and removed; a full batch of
    /// 500 says that there may be more.
    pub async fn archive_jobs(&self, retention: Duration) -> Result<(u64, u64), StoreError> {
        let moved = sqlx::query(ARCHIVE)
            .bind(bigint(retention.as_secs()))
            .bind(BATCH)
            .execute(&self.pool)
            .await?
            .rows_affected();
        let removed: i64 = sqlx::query_scalar(FORGET).bind(ARCHIVE_DAYS).bind(BATCH).fetch_one(&self.pool).await?;
        Ok((moved, removed.unsigned_abs()))
    }

    /// What is left of an archived job, for whoever has one of its tokens.
    pub async fn archived_job(&self, id: Uuid, token: TokenHash) -> Result<Option<ArchivedJob>, StoreError> {
        let seconds: Option<i64> = sqlx::query_scalar(
            "SELECT a.retention_seconds FROM proof_jobs_archive a
             JOIN proof_job_claims c ON c.job_id = a.id AND c.token_hash = $2 WHERE a.id = $1",
        )
        .bind(id)
        .bind(token.as_bytes())
        .fetch_optional(&self.pool)
        .await?;
        Ok(seconds.map(|seconds| ArchivedJob { retention: Duration::from_secs(seconds.unsigned_abs()) }))
    }
}
