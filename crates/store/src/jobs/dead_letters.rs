//! Jobs that were given up.

use std::time::Duration;

use sqlx::Row;

use super::JobFailure;
use crate::{Store, StoreError};

/// Jobs that failed after all attempts, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetters {
    /// Code of an [`AttemptFailure`](super::AttemptFailure), that of the last attempt; `None` for jobs of older builds.
    pub reason: Option<String>,
    /// How many.
    pub count: u64,
}

impl Store {
    /// Jobs that were given up within `period`, by reason, the most frequent first. As dear as they are many.
    pub async fn dead_letters(&self, period: Duration) -> Result<Vec<DeadLetters>, StoreError> {
        // The failure is in the text, not a parameter: the partial indexes are of this one.
        let dead = format!(
            "failure = '{}' AND finished_at > now() - make_interval(secs => $1)",
            JobFailure::AttemptsExhausted.code()
        );
        let rows = sqlx::query(&format!(
            "SELECT last_error, count(*) AS count
             FROM (SELECT last_error FROM proof_jobs WHERE {dead}
                   UNION ALL SELECT last_error FROM proof_jobs_archive WHERE {dead}) AS dead
             GROUP BY last_error ORDER BY count(*) DESC, last_error"
        ))
        .bind(period.as_secs_f64())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(DeadLetters {
                    reason: row.try_get("last_error")?,
                    count: row.try_get::<i64, _>("count")?.unsigned_abs(),
                })
            })
            .collect()
    }
}
