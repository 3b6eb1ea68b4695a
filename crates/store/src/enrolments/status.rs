//! How far an enrolment is.

use sqlx::Row;
use uuid::Uuid;
use veilpass_protocol::{RegistryId, TrackId};

use super::EnrolmentEnd;
use crate::{
    Store, StoreError,
    convert::{element, unsigned},
};

/// What an enrolment waits for, if for anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolmentState {
    /// For a root that includes it.
    PendingRoot,
    /// For that root to count on chain.
    PendingChain,
    /// For nothing: proofs can be made under this root, the newest that counts.
    Active {
        /// Its number.
        root_seq: u64,
    },
    /// It ended.
    Revoked(EnrolmentEnd),
}

/// An enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrolmentStatus {
    /// Its registry.
    pub registry: RegistryId,
    /// Its track.
    pub track: TrackId,
    /// Its place in the tree.
    pub leaf_index: u32,
    /// How far it is.
    pub state: EnrolmentState,
}

impl Store {
    /// An enrolment by its name.
    pub async fn enrolment_status(&self, id: Uuid) -> Result<Option<EnrolmentStatus>, StoreError> {
        const TABLE: &str = "enrollments";
        // Roots include ever more changes: the newest decides.
        let row = sqlx::query(
            "SELECT e.registry_id, l.track_id, e.leaf_index, e.revoked_reason::text AS revoked_reason,
                    (SELECT r.seq FROM roots r
                     WHERE r.registry_id = e.registry_id AND r.change_seq >= e.change_seq AND r.expires_at > now()
                       AND r.seq >= g.min_root_seq AND (NOT g.anchored OR r.chain_slot IS NOT NULL)
                     ORDER BY r.seq DESC LIMIT 1) AS counting,
                    (SELECT r.change_seq >= e.change_seq FROM roots r
                     WHERE r.registry_id = e.registry_id AND r.expires_at > now() AND r.seq >= g.min_root_seq
                     ORDER BY r.seq DESC LIMIT 1) AS included
             FROM enrollments e
             JOIN merkle_leaves l USING (registry_id, leaf_index)
             JOIN registries g ON g.id = e.registry_id
             WHERE e.id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let revoked: Option<&str> = row.try_get("revoked_reason")?;
        let counting: Option<i64> = row.try_get("counting")?;
        let included: Option<bool> = row.try_get("included")?;
        let state = match (revoked, counting, included) {
            (Some(name), ..) => EnrolmentState::Revoked(
                EnrolmentEnd::from_name(name).ok_or_else(|| StoreError::corrupt(TABLE, "revoked_reason"))?,
            ),
            (None, Some(seq), _) => EnrolmentState::Active { root_seq: seq.unsigned_abs() },
            (None, None, Some(true)) => EnrolmentState::PendingChain,
            (None, None, _) => EnrolmentState::PendingRoot,
        };
        Ok(Some(EnrolmentStatus {
            registry: element(&row, TABLE, "registry_id", RegistryId::new)?,
            track: element(&row, TABLE, "track_id", TrackId::new)?,
            leaf_index: u32::try_from(unsigned(&row, TABLE, "leaf_index")?)
                .map_err(|_| StoreError::corrupt(TABLE, "leaf_index"))?,
            state,
        }))
    }
}
