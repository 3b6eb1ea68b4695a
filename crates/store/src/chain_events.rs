//! Events of the program on chain: what one of them is, and reading them back.

use sqlx::{Row, postgres::PgRow};
use veilpass_protocol::{Context, Epoch, MerkleRoot, Nullifier, RegistryId, TrackId};

use crate::{
    Store, StoreError,
    convert::{bigint, element, epoch, unsigned},
};

const TABLE: &str = "chain_events";

/// An event of a transaction that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEvent {
    /// The transaction's signature, base58.
    pub signature: String,
    /// The event's place among those of its transaction: 0, 1, 2...
    pub event_index: u32,
    /// The transaction's slot.
    pub slot: u64,
    /// When the transaction's block was made, in seconds since the Unix epoch, if the node knows.
    pub block_time: Option<i64>,
    /// Whether no fork can take it back.
    pub finalized: bool,
    /// The registry's account, base58.
    pub registry_address: String,
    /// The registry.
    pub registry_id: RegistryId,
    /// The slot that the event itself names.
    pub event_slot: Option<u64>,
    /// What happened.
    pub content: ChainEventContent,
}

/// What happened on chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainEventContent {
    /// A registry was made.
    RegistryInitialized {
        /// Administers it, base58.
        authority: String,
        /// Publishes its roots, base58.
        publisher: String,
        /// Length of an epoch.
        epoch_length_seconds: u64,
        /// For how long after its end an epoch is still accepted.
        epoch_grace_seconds: u64,
        /// For how long a root is accepted.
        root_lifetime_seconds: u64,
    },
    /// A root was published.
    MerkleRootUpdated {
        /// The root.
        root: MerkleRoot,
        /// Its number on chain.
        sequence: u64,
        /// Roots before this one are revoked.
        min_root_sequence: u64,
        /// When it ends, in seconds since the Unix epoch.
        expires_at: i64,
    },
    /// Roots were revoked without a new one.
    RootsRevoked {
        /// Roots before this one are revoked.
        min_root_sequence: u64,
    },
    /// A proof was accepted and its nullifier burnt.
    OwnershipVerified {
        /// The track.
        track_id: TrackId,
        /// The epoch.
        epoch: Epoch,
        /// The nullifier.
        nullifier: Nullifier,
        /// What the proof is bound to.
        context: Context,
        /// Number of the proof's root on chain.
        root_sequence: u64,
    },
}

/// A root as the chain has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainRoot {
    /// Its number on chain.
    pub sequence: u64,
    /// Its value.
    pub root: MerkleRoot,
    /// The slot that it was published in.
    pub slot: u64,
    /// Whether no fork can take it back.
    pub finalized: bool,
}

impl ChainEventContent {
    /// The kind's name in the database.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RegistryInitialized { .. } => "registry_initialized",
            Self::MerkleRootUpdated { .. } => "merkle_root_updated",
            Self::RootsRevoked { .. } => "roots_revoked",
            Self::OwnershipVerified { .. } => "ownership_verified",
        }
    }

    fn from_row(row: &PgRow) -> Result<Self, StoreError> {
        Ok(match row.try_get::<&str, _>("kind")? {
            "registry_initialized" => Self::RegistryInitialized {
                authority: row.try_get("authority")?,
                publisher: row.try_get("publisher")?,
                epoch_length_seconds: unsigned64(row, "epoch_length_seconds")?,
                epoch_grace_seconds: unsigned64(row, "epoch_grace_seconds")?,
                root_lifetime_seconds: unsigned64(row, "root_lifetime_seconds")?,
            },
            "merkle_root_updated" => Self::MerkleRootUpdated {
                root: element(row, TABLE, "root", MerkleRoot::new)?,
                sequence: unsigned64(row, "root_sequence")?,
                min_root_sequence: unsigned64(row, "min_root_sequence")?,
                expires_at: row.try_get("expires_at_unix")?,
            },
            "roots_revoked" => Self::RootsRevoked { min_root_sequence: unsigned64(row, "min_root_sequence")? },
            "ownership_verified" => Self::OwnershipVerified {
                track_id: element(row, TABLE, "track_id", TrackId::new)?,
                epoch: epoch(row, TABLE)?,
                nullifier: element(row, TABLE, "nullifier", Nullifier::new)?,
                context: element(row, TABLE, "context", Context::new)?,
                root_sequence: unsigned64(row, "root_sequence")?,
            },
            other => return Err(StoreError::corrupt(TABLE, format!("kind {other}"))),
        })
    }
}

/// A column that the statement reads as text.
fn unsigned64(row: &PgRow, column: &str) -> Result<u64, StoreError> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| StoreError::corrupt(TABLE, column))
}

fn from_row(row: &PgRow) -> Result<ChainEvent, StoreError> {
    let event_index: i32 = row.try_get("event_index")?;
    let event_slot: Option<&str> = row.try_get("event_slot")?;
    Ok(ChainEvent {
        signature: row.try_get("signature")?,
        event_index: event_index.unsigned_abs(),
        slot: unsigned(row, TABLE, "slot")?,
        block_time: row.try_get("block_time")?,
        finalized: row.try_get("finalized")?,
        registry_address: row.try_get("registry_address")?,
        registry_id: element(row, TABLE, "registry_id", RegistryId::new)?,
        event_slot: event_slot.map(|_| unsigned64(row, "event_slot")).transpose()?,
        content: ChainEventContent::from_row(row)?,
    })
}

const SELECT: &str = "SELECT signature::text, event_index, slot, extract(epoch FROM block_time)::bigint AS block_time,
        kind::text, registry_address::text, registry_id::bytea, finalized, event_slot::text, authority::text,
        publisher::text, epoch_length_seconds::text, epoch_grace_seconds::text, root_lifetime_seconds::text,
        root::bytea, root_sequence::text, min_root_sequence::text, expires_at_unix, track_id::bytea, epoch::text,
        nullifier::bytea, context::bytea
    FROM chain_events";

impl Store {
    /// Events of one transaction, in order.
    pub async fn chain_events_of(&self, program: &str, signature: &str) -> Result<Vec<ChainEvent>, StoreError> {
        let rows = sqlx::query(&format!("{SELECT} WHERE program_id = $1 AND signature = $2 ORDER BY event_index"))
            .bind(program)
            .bind(signature)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(from_row).collect()
    }

    /// Events of a program from a slot on, oldest first, up to `limit`. Within a slot, in the order of signatures.
    pub async fn chain_events(&self, program: &str, from_slot: u64, limit: u32) -> Result<Vec<ChainEvent>, StoreError> {
        let rows = sqlx::query(&format!(
            "{SELECT} WHERE program_id = $1 AND slot >= $2
             ORDER BY slot, signature COLLATE \"C\", event_index LIMIT $3"
        ))
        .bind(program)
        .bind(bigint(from_slot))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(from_row).collect()
    }
    /// Roots of a registry that the chain has, the newest first, up to `limit`.
    pub async fn chain_roots(
        &self,
        program: &str,
        registry: RegistryId,
        limit: u32,
    ) -> Result<Vec<ChainRoot>, StoreError> {
        let rows = sqlx::query(
            "SELECT root::bytea, root_sequence::text, slot, finalized FROM chain_events
             WHERE program_id = $1 AND registry_id = $2 AND kind = 'merkle_root_updated'
             ORDER BY chain_events.root_sequence DESC LIMIT $3",
        )
        .bind(program)
        .bind(registry.to_be_bytes())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ChainRoot {
                    sequence: unsigned64(row, "root_sequence")?,
                    root: element(row, TABLE, "root", MerkleRoot::new)?,
                    slot: unsigned(row, TABLE, "slot")?,
                    finalized: row.try_get("finalized")?,
                })
            })
            .collect()
    }
}
