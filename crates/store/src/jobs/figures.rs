//! How long the queue is. Each figure is read from partial indexes, whose size is that of the open jobs.

use std::time::Duration;

use sqlx::Row;
use veilpass_protocol::ProverKeyId;

use crate::{Store, StoreError};

/// The queue, for metrics and operators.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueDepth {
    /// Jobs that wait.
    pub queued: u64,
    /// Jobs that provers work on.
    pub leased: u64,
    /// For how long the oldest job that waits has existed.
    pub oldest_queued_age: Option<Duration>,
}

/// The queue and who serves it, for admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueLoad {
    /// Jobs that wait, for whatever key.
    pub queued: u64,
    /// By live key.
    pub keys: Vec<KeyLoad>,
}

/// Jobs for one prover key, and who serves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLoad {
    /// The key.
    pub key: ProverKeyId,
    /// Jobs that wait or are worked on.
    pub open: u64,
    /// Workers of the key's provers that live. 0: the key lives, but no prover has said anything yet.
    pub workers: u64,
    /// Their mean time for a proof, weighted by workers; zero without any.
    pub mean_proof: Duration,
}

pub(super) const DEPTH: &str = "
    SELECT count(*) AS queued,
           CASE WHEN count(*) > 0 THEN greatest(extract(epoch FROM now() - min(created_at)), 0)::float8 END AS oldest,
           (SELECT count(*) FROM proof_jobs WHERE state = 'leased') AS leased
    FROM proof_jobs WHERE state = 'queued'";

pub(super) const LOAD: &str = "
    SELECT k.id, (SELECT count(*) FROM proof_jobs WHERE state = 'queued') AS queued,
           (SELECT count(*) FROM proof_jobs j WHERE j.state = 'queued' AND j.prover_key_id = k.id)
         + (SELECT count(*) FROM proof_jobs j WHERE j.state = 'leased' AND j.prover_key_id = k.id) AS open,
           coalesce(p.workers, 0) AS workers, coalesce(p.mean_proof_ms, 0)::float8 AS mean_proof_ms
    FROM prover_keys k LEFT JOIN (
        SELECT prover_key_id, sum(workers) AS workers,
               sum(workers * mean_proof_ms::float8) / nullif(sum(workers), 0) AS mean_proof_ms
        FROM provers WHERE expires_at > now() GROUP BY prover_key_id) p ON p.prover_key_id = k.id
    WHERE k.expires_at > now() ORDER BY k.announced_at DESC LIMIT 16";

impl Store {
    /// How many jobs wait, are worked on, and how old the oldest that waits is.
    pub async fn queue_depth(&self) -> Result<QueueDepth, StoreError> {
        let row = sqlx::query(DEPTH).fetch_one(&self.pool).await?;
        let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        let oldest: Option<f64> = row.try_get("oldest")?;
        let oldest_queued_age = oldest.map(Duration::from_secs_f64);
        Ok(QueueDepth { queued: count("queued")?, leased: count("leased")?, oldest_queued_age })
    }

    /// What the wait of a new job is estimated from.
    pub async fn queue_load(&self) -> Result<QueueLoad, StoreError> {
        let rows = sqlx::query(LOAD).fetch_all(&self.pool).await?;
        let mut load = QueueLoad { queued: 0, keys: Vec::with_capacity(rows.len()) };
        for row in &rows {
            let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
            load.queued = count("queued")?;
            let key: [u8; 16] =
                row.try_get::<&[u8], _>("id")?.try_into().map_err(|_| StoreError::corrupt("prover_keys", "length"))?;
            load.keys.push(KeyLoad {
                key: ProverKeyId::from_bytes(key),
                open: count("open")?,
                workers: count("workers")?,
                mean_proof: Duration::from_secs_f64(row.try_get::<f64, _>("mean_proof_ms")?.max(0.0) / 1000.0),
            });
        }
        Ok(load)
    }
}
