//! Provers as they describe themselves: how many workers they have, and how fast these are.

use std::time::Duration;

use sqlx::Row;
use veilpass_protocol::ProverKeyId;

use crate::{Store, StoreError};

/// For how long a report counts: a prover that reports every five seconds may miss two.
const LIFETIME: Duration = Duration::from_secs(15);

/// What a prover says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProverReport {
    /// Its name, unlike any other's: 1 to 256 characters.
    pub name: String,
    /// The key whose jobs it takes.
    pub key: ProverKeyId,
    /// Workers that are ready to prove.
    pub workers: u16,
    /// Mean time of its recent proofs: `bb` and the check, without lease, opening, path, solving and storing.
    pub mean_proof: Duration,
}

/// A prover that reported lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveProver {
    /// What it said.
    pub report: ProverReport,
    /// How long ago.
    pub age: Duration,
}

impl Store {
    /// Keeps what a prover says, in place of what it said before, and forgets provers that have been silent for longer than
    /// their reports count. To be called every five seconds.
    pub async fn report_prover(&self, report: &ProverReport) -> Result<(), StoreError> {
        sqlx::query(
            "WITH gone AS (
                 DELETE FROM provers WHERE name = ANY (ARRAY(
                     SELECT name FROM provers WHERE expires_at < now() AND name <> $1 FOR UPDATE SKIP LOCKED))
             )
             INSERT INTO provers (name, prover_key_id, workers, mean_proof_ms, expires_at)
             VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
             ON CONFLICT (name) DO UPDATE SET (prover_key_id, workers, mean_proof_ms, seen_at, expires_at) =
                 (excluded.prover_key_id, excluded.workers, excluded.mean_proof_ms, now(), excluded.expires_at)",
        )
        .bind(&report.name)
        .bind(report.key.to_bytes())
        .bind(i32::from(report.workers))
        .bind(i32::try_from(report.mean_proof.as_millis()).unwrap_or(i32::MAX).max(1))
        .bind(LIFETIME.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Forgets a prover that stops, so that no estimate counts on it.
    pub async fn withdraw_prover(&self, name: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM provers WHERE name = $1").bind(name).execute(&self.pool).await?;
        Ok(())
    }

    /// Provers whose reports still count, by name.
    pub async fn live_provers(&self) -> Result<Vec<LiveProver>, StoreError> {
        const TABLE: &str = "provers";
        let rows = sqlx::query(
            "SELECT name, prover_key_id, workers, mean_proof_ms,
                    greatest(extract(epoch FROM now() - seen_at), 0)::float8 AS age
             FROM provers WHERE expires_at > now() ORDER BY name",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let key = row.try_get::<&[u8], _>("prover_key_id")?.try_into();
                let workers = u16::try_from(row.try_get::<i32, _>("workers")?);
                let milliseconds: i32 = row.try_get("mean_proof_ms")?;
                Ok(LiveProver {
                    report: ProverReport {
                        name: row.try_get("name")?,
                        key: ProverKeyId::from_bytes(key.map_err(|_| StoreError::corrupt(TABLE, "prover_key_id"))?),
                        workers: workers.map_err(|_| StoreError::corrupt(TABLE, "workers"))?,
                        mean_proof: Duration::from_millis(u64::from(milliseconds.unsigned_abs())),
                    },
                    age: Duration::from_secs_f64(row.try_get("age")?),
                })
            })
            .collect()
    }
}
