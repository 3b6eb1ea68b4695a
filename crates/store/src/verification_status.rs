//! How far a verification is, by this database and by the chain.

use sqlx::Row;
use uuid::Uuid;
use veilpass_protocol::{Context, Epoch, RegistryId, TrackId};

use crate::{
    Store, StoreError,
    convert::{element, epoch, unsigned},
};

const TABLE: &str = "verifications";

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationState {
    /// Accepted here. If it is to be settled on chain, nothing was sent for it yet.
    Accepted,
    /// The proof is on its way into its buffer on chain.
    Uploading,
    /// The chain is asked to check it.
    Verifying,
    /// The chain accepted it, and the cluster confirmed that; a fork may still undo it.
    Verified,
    /// The chain accepted it for good.
    Final,
    /// The chain refused it for good, or spent its nullifier for another session.
    Refused,
}

/// A verification as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationStatus {
    /// The registry.
    pub registry_id: RegistryId,
    /// What the proof is bound to.
    pub context: Context,
    /// The track.
    pub track_id: TrackId,
    /// The epoch.
    pub epoch: Epoch,
    /// Number of the proof's root.
    pub root_seq: u64,
    /// Whether it is to be settled on chain.
    pub on_chain: bool,
    /// How far it is.
    pub state: VerificationState,
    /// Signature of the transaction that has the proof checked on chain, base58; of a verification that the chain
    /// overruled, the one that spent its nullifier.
    pub tx_signature: Option<String>,
    /// That transaction's slot, once it landed.
    pub slot: Option<u64>,
    /// The program's error, if it refused.
    pub error_code: Option<u32>,
    /// What went wrong, in words: for good if it was refused, else the last time.
    pub last_error: Option<String>,
    /// An operator ended the session: it gets no grants.
    pub grants_revoked: bool,
}

impl VerificationStatus {
    /// Whether it was refused for good, or overruled.
    pub fn is_refused(&self) -> bool {
        self.state == VerificationState::Refused
    }

    /// Whether access may follow from it: it was not refused, and if the chain is to decide, it has.
    pub fn holds(&self) -> bool {
        match self.state {
            VerificationState::Refused => false,
            VerificationState::Verified | VerificationState::Final => true,
            VerificationState::Accepted | VerificationState::Uploading | VerificationState::Verifying => !self.on_chain,
        }
    }
}

impl Store {
    /// How far a verification is. `None`: there is no such verification.
    pub async fn verification_status(&self, id: Uuid) -> Result<Option<VerificationStatus>, StoreError> {
        let row = sqlx::query(
            "SELECT v.registry_id, v.context, v.grants_revoked_at IS NOT NULL AS grants_revoked, v.track_id, v.epoch::text AS epoch, v.root_seq, v.overruled_by::text AS overruled_by,
                    v.refused_at IS NOT NULL AS refused, o.id IS NOT NULL AS on_chain, o.state::text AS state,
                    coalesce(e.signature::text, v.overruled_by::text, o.tx_signature) AS tx_signature,
                    coalesce(e.slot, w.slot,
                             (SELECT slot FROM chain_attempts a WHERE a.tx_signature = o.tx_signature)) AS slot,
                    o.error_code, o.last_error, e.finalized,
                    EXISTS (SELECT 1 FROM chain_attempts a WHERE a.outbox_id = o.id) AS begun
             FROM verifications v
             LEFT JOIN chain_outbox o ON o.verification_id = v.id
             LEFT JOIN LATERAL (SELECT * FROM chain_events
                                WHERE nullifier = v.nullifier AND registry_id = v.registry_id AND context = v.context
                                LIMIT 1) e ON v.overruled_by IS NULL
             LEFT JOIN LATERAL (SELECT slot FROM chain_events WHERE signature = v.overruled_by LIMIT 1) w ON true
             WHERE v.id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let on_chain: bool = row.try_get("on_chain")?;
        let overruled_by: Option<String> = row.try_get("overruled_by")?;
        // What the indexer has seen counts more than what the relayer knows: that may be down.
        let state = match (row.try_get::<Option<bool>, _>("finalized")?, &overruled_by) {
            (Some(true), _) => VerificationState::Final,
            (Some(false), _) => VerificationState::Verified,
            (None, Some(_)) => VerificationState::Refused,
            (None, None) if row.try_get("refused")? => VerificationState::Refused,
            (None, None) => match row.try_get::<Option<&str>, _>("state")? {
                Some("pending") if row.try_get("begun")? => VerificationState::Uploading,
                None | Some("pending") => VerificationState::Accepted,
                Some("sent") => VerificationState::Verifying,
                Some("confirmed") => VerificationState::Verified,
                Some("final") => VerificationState::Final,
                Some("failed") => VerificationState::Refused,
                Some(_) => return Err(StoreError::corrupt("chain_outbox", "state")),
            },
        };
        let landed = matches!(state, VerificationState::Verified | VerificationState::Final);
        let last_error: Option<String> = row.try_get("last_error")?;
        let words = || "its nullifier was spent on chain for another session".to_owned();
        Ok(Some(VerificationStatus {
            registry_id: element(&row, TABLE, "registry_id", RegistryId::new)?,
            context: element(&row, TABLE, "context", Context::new)?,
            grants_revoked: row.try_get("grants_revoked")?,
            track_id: element(&row, TABLE, "track_id", TrackId::new)?,
            epoch: epoch(&row, TABLE)?,
            root_seq: unsigned(&row, TABLE, "root_seq")?,
            on_chain,
            state,
            tx_signature: row.try_get("tx_signature")?,
            slot: row.try_get::<Option<i64>, _>("slot")?.map(i64::unsigned_abs),
            error_code: row.try_get::<Option<i32>, _>("error_code")?.map(i32::cast_unsigned),
            last_error: last_error.or_else(|| overruled_by.map(|_| words())).filter(|_| !landed),
        }))
    }
}
