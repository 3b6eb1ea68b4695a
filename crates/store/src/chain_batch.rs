//! Writing what was read from the chain: a batch of events, with the cursor, in one transaction.

use crate::{ChainEvent, Store, StoreError, chain_mirror, chain_rows::insert, convert::bigint};

/// What became known of a program's transactions since the last batch.
#[derive(Clone, Debug, Default)]
pub struct ChainBatch {
    /// Transactions that were read, events or not: what was known of them before is replaced, if it was not final.
    pub read: Vec<String>,
    /// Their events.
    pub events: Vec<ChainEvent>,
    /// Transactions that were known, and are final now.
    pub finalized: Vec<String>,
    /// Transactions that were known, and are on no fork that can win.
    pub vanished: Vec<String>,
    /// Transactions that could not be read.
    pub skipped: Vec<SkippedTransaction>,
    /// Forgets how far the chain was read, and starts from `cursor`.
    pub rewind: bool,
    /// The newest final transaction up to which everything was read, if it moved, with its slot.
    pub cursor: Option<(String, u64)>,
    /// All events up to this slot are known with this batch.
    pub indexed_slot: u64,
    /// The chain's newest confirmed slot, if this batch ends a look that saw everything: with it there is news of the chain,
    /// unless it stands still. `None` for a part of a look, whose next part may be missing for long.
    pub chain_slot: Option<u64>,
}

/// A transaction that succeeded and could not be read.
#[derive(Clone, Debug)]
pub struct SkippedTransaction {
    /// Its signature, base58.
    pub signature: String,
    /// Its slot.
    pub slot: u64,
    /// What was not understood.
    pub reason: String,
}

/// What a batch did to rows of earlier batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainChanges {
    /// Events that became final.
    pub finalized: u64,
    /// Events that were removed.
    pub vanished: u64,
}

impl Store {
    /// Records a batch, all or nothing. Doing so again changes nothing.
    pub async fn apply_chain_batch(&self, program: &str, batch: &ChainBatch) -> Result<ChainChanges, StoreError> {
        let mut tx = self.pool.begin().await?;
        // Two indexers of one program take turns. Before the first whole look there is no news.
        sqlx::query("INSERT INTO chain_cursors (program_id, updated_at) VALUES ($1, 'epoch') ON CONFLICT DO NOTHING")
            .bind(program)
            .execute(&mut *tx)
            .await?;
        sqlx::query("SELECT 1 FROM chain_cursors WHERE program_id = $1 FOR UPDATE")
            .bind(program)
            .execute(&mut *tx)
            .await?;
        chain_mirror::lock_registries(&mut tx, batch).await?;
        let (vanished, heirs) = chain_mirror::forget(&mut tx, &batch.vanished).await?;
        let (_, others) = chain_mirror::forget(&mut tx, &batch.read).await?;
        // A statement takes 65,535 parameters, and a row of events 23 of them.
        for events in batch.events.chunks(1000) {
            insert(&mut tx, program, events).await?;
        }
        let finalized =
            sqlx::query("UPDATE chain_events SET finalized = true WHERE signature = ANY($1) AND NOT finalized")
                .bind(&batch.finalized)
                .execute(&mut *tx)
                .await?
                .rows_affected();
        let decide = [&batch.read[..], &heirs, &others].concat();
        chain_mirror::mirror(&mut tx, program, Some(&decide)).await?;
        sqlx::query("DELETE FROM chain_skipped WHERE signature = ANY($1)").bind(&batch.read).execute(&mut *tx).await?;
        for skipped in &batch.skipped {
            sqlx::query(
                "INSERT INTO chain_skipped (signature, program_id, slot, reason) VALUES ($1, $2, $3, left($4, 1000))
                 ON CONFLICT (signature) DO UPDATE SET slot = excluded.slot, reason = excluded.reason",
            )
            .bind(&skipped.signature)
            .bind(program)
            .bind(bigint(skipped.slot))
            .bind(&skipped.reason)
            .execute(&mut *tx)
            .await?;
        }
        // A cursor goes forward only: of two indexers, one may be behind. So does the time of the news: whoever cannot read on,
        // or asks a node that stands still, knows nothing of what was spent since.
        sqlx::query(
            "UPDATE chain_cursors SET
                 signature = CASE WHEN NOT $6 AND ($2 IS NULL OR $3 < slot) THEN signature ELSE $2 END,
                 slot = CASE WHEN NOT $6 AND ($2 IS NULL OR $3 < slot) THEN slot ELSE $3 END,
                 indexed_slot = CASE WHEN $6 THEN $4 ELSE greatest(indexed_slot, $4) END,
                 chain_slot = CASE WHEN $6 THEN coalesce($5, 0) ELSE greatest(chain_slot, $5) END,
                 updated_at = CASE WHEN $5 > chain_slot THEN now() ELSE updated_at END
             WHERE program_id = $1",
        )
        .bind(program)
        .bind(batch.cursor.as_ref().map(|(signature, _)| signature))
        .bind(batch.cursor.as_ref().map(|(_, slot)| bigint(*slot)))
        .bind(bigint(batch.indexed_slot))
        .bind(batch.chain_slot.map(bigint))
        .bind(batch.rewind)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(ChainChanges { finalized, vanished })
    }
}
