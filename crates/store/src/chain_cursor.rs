//! How far the chain was read.

use sqlx::Row;

use crate::{
    Store, StoreError,
    convert::{bigint, unsigned},
};

/// How far a program was followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainProgress {
    /// The newest final transaction that was read, with its slot.
    pub cursor: Option<(String, u64)>,
    /// All events up to this slot are rows.
    pub indexed_slot: u64,
    /// The newest confirmed slot when all of the chain was last read.
    pub chain_slot: u64,
    /// Seconds since all of a chain was read that had gone on since the time before: the age of the news.
    pub age_seconds: u64,
}

impl ChainProgress {
    /// Slots that the rows were behind the chain when all of it was last read: see `age_seconds` for when that was.
    pub fn slot_lag(&self) -> u64 {
        self.chain_slot.saturating_sub(self.indexed_slot)
    }
}

/// How many rows the indexer wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainCounts {
    /// Events that no fork can take back.
    pub finalized: u64,
    /// Events that are confirmed only.
    pub confirmed: u64,
    /// Transactions that could not be read.
    pub skipped: u64,
}

impl Store {
    /// How far a program was followed; `None` before the first time.
    pub async fn chain_progress(&self, program: &str) -> Result<Option<ChainProgress>, StoreError> {
        const TABLE: &str = "chain_cursors";
        let row = sqlx::query(
            "SELECT signature::text, slot, indexed_slot, chain_slot,
                    greatest(extract(epoch FROM now() - updated_at), 0)::bigint AS age_seconds
             FROM chain_cursors WHERE program_id = $1",
        )
        .bind(program)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            let signature: Option<String> = row.try_get("signature")?;
            Ok(ChainProgress {
                cursor: signature
                    .map(|signature| Ok::<_, StoreError>((signature, unsigned(&row, TABLE, "slot")?)))
                    .transpose()?,
                indexed_slot: unsigned(&row, TABLE, "indexed_slot")?,
                chain_slot: unsigned(&row, TABLE, "chain_slot")?,
                age_seconds: unsigned(&row, TABLE, "age_seconds")?,
            })
        })
        .transpose()
    }

    /// Transactions with events that are not final, of slots up to one.
    pub async fn chain_transactions_not_final(
        &self,
        program: &str,
        up_to_slot: u64,
    ) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT DISTINCT signature::text FROM chain_events WHERE NOT finalized AND program_id = $1 AND slot <= $2",
        )
        .bind(program)
        .bind(bigint(up_to_slot))
        .fetch_all(&self.pool)
        .await?)
    }

    /// Numbers of rows of a program.
    pub async fn chain_counts(&self, program: &str) -> Result<ChainCounts, StoreError> {
        let row = sqlx::query(
            "SELECT count(*) FILTER (WHERE finalized) AS finalized, count(*) FILTER (WHERE NOT finalized) AS confirmed,
                    (SELECT count(*) FROM chain_skipped WHERE program_id = $1) AS skipped
             FROM chain_events WHERE program_id = $1",
        )
        .bind(program)
        .fetch_one(&self.pool)
        .await?;
        let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        Ok(ChainCounts { finalized: count("finalized")?, confirmed: count("confirmed")?, skipped: count("skipped")? })
    }
}
