//! The outbox: what the chain must be told.

mod attempts;
mod lease;
pub(crate) mod settlement;

pub use attempts::{AttemptOutcome, AttemptRecorded, ChainAttempt, ChainStep};
pub use lease::{IntentEnd, IntentLease, IntentTask, LeasedIntent};
pub use settlement::{Settlement, SettlementState};
use sqlx::Row;
use uuid::Uuid;
use veilpass_protocol::RegistryId;

use crate::{Store, StoreError, convert::element};

/// An intent that has not reached the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its number.
    pub id: i64,
    /// Registry that it concerns.
    pub registry_id: RegistryId,
    /// What to do.
    pub intent: OutboxIntent,
}

/// What to tell the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxIntent {
    /// Publish the registry's root of this number.
    PublishRoot {
        /// The root's number.
        root_seq: u64,
    },
    /// Settle an accepted proof.
    SettleVerification {
        /// The verification.
        verification_id: Uuid,
    },
}

impl Store {
    /// The oldest intents that are open, up to `limit`.
    pub async fn open_outbox(&self, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, registry_id, root_seq, verification_id FROM chain_outbox
             WHERE state IN ('pending', 'sent') ORDER BY id LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let root_seq: Option<i64> = row.try_get("root_seq")?;
                let verification_id: Option<Uuid> = row.try_get("verification_id")?;
                let intent = match (root_seq, verification_id) {
                    (Some(seq), None) => OutboxIntent::PublishRoot { root_seq: seq.unsigned_abs() },
                    (None, Some(verification_id)) => OutboxIntent::SettleVerification { verification_id },
                    _ => return Err(StoreError::corrupt("chain_outbox", "intent")),
                };
                let registry_id = element(row, "chain_outbox", "registry_id", RegistryId::new)?;
                Ok(OutboxEntry { id: row.try_get("id")?, registry_id, intent })
            })
            .collect()
    }
}
