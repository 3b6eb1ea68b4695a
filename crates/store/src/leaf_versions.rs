//! The leaves of a registry as they were at a published root: what devices download.
//!
//! A *version* is the number of the newest change that a published root includes. What it holds follows from the log alone, and
//! the log only grows: a version never changes.

use sqlx::{Row, postgres::PgRow};
use veilpass_protocol::{Leaf, MerkleRoot, RegistryId, TrackId};

use crate::{
    PublishedRoot, Store, StoreError,
    convert::{bigint, element, unsigned},
};

/// A version of a registry's leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafVersion {
    /// The newest change that is included.
    pub version: u64,
    /// Number of the first root that was published at it.
    pub root_seq: u64,
    /// That root.
    pub root: MerkleRoot,
    /// Places in use, zeroed ones included.
    pub leaf_count: u64,
}

/// Of each place the last change until the version: one step in `leaf_changes_by_place` for each change of these places.
pub(crate) const PAGE: &str = "
    SELECT DISTINCT ON (leaf_index) leaf_index, leaf_hash FROM leaf_changes
    WHERE registry_id = $1 AND leaf_index >= $2 AND leaf_index < $3 AND seq <= $4
    ORDER BY leaf_index, seq DESC";

/// Of each place that changed between two versions the last change, from a place on. Reads all changes between the versions.
pub(crate) const CHANGES: &str = "
    SELECT DISTINCT ON (leaf_index) leaf_index, leaf_hash FROM leaf_changes
    WHERE registry_id = $1 AND seq > $2 AND seq <= $3 AND leaf_index >= $4
    ORDER BY leaf_index, seq DESC LIMIT $5";

/// Active leaves of a track, of places below $3, as of change $4: those that are active now, and those that were revoked since.
pub(crate) const HOLDERS: &str = "
    SELECT (SELECT count(*) FROM merkle_leaves
            WHERE registry_id = $1 AND track_id = $2 AND leaf_index < $3 AND revoked_at IS NULL)
         + (SELECT count(*) FROM leaf_changes c JOIN merkle_leaves m
                ON m.registry_id = c.registry_id AND m.leaf_index = c.leaf_index
            WHERE c.registry_id = $1 AND c.seq > $4 AND c.leaf_hash = decode(repeat('00', 32), 'hex')
              AND m.track_id = $2 AND m.leaf_index < $3)";

impl Store {
    /// A version; none if no root was ever published at that change.
    pub async fn leaf_version(&self, registry: RegistryId, version: u64) -> Result<Option<LeafVersion>, StoreError> {
        const TABLE: &str = "roots";
        let row = sqlx::query(
            "SELECT seq, root, leaf_count FROM roots WHERE registry_id = $1 AND change_seq = $2 ORDER BY seq LIMIT 1",
        )
        .bind(registry.to_be_bytes())
        .bind(bigint(version))
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(LeafVersion {
                version,
                root_seq: unsigned(&row, TABLE, "seq")?,
                root: element(&row, TABLE, "root", MerkleRoot::new)?,
                leaf_count: unsigned(&row, TABLE, "leaf_count")?,
            })
        })
        .transpose()
    }

    /// What the places from `first` until before `end` held at a version, all of which it must have. Costs what it returns, and
    /// a little for each change of these places.
    pub async fn leaves_at(
        &self,
        registry: RegistryId,
        version: u64,
        first: u64,
        end: u64,
    ) -> Result<Vec<Leaf>, StoreError> {
        let found = sqlx::query(PAGE)
            .bind(registry.to_be_bytes())
            .bind(bigint(first))
            .bind(bigint(end))
            .bind(bigint(version))
            .fetch_all(&self.pool)
            .await?;
        let mut leaves = Vec::with_capacity(found.len());
        for (row, expected) in found.iter().zip(first..) {
            let (place, leaf) = place_and_leaf(row)?;
            if u64::from(place) != expected {
                return Err(StoreError::corrupt("leaf_changes", format!("place {expected} was skipped")));
            }
            leaves.push(leaf);
        }
        if leaves.len() as u64 != end.saturating_sub(first) {
            return Err(StoreError::corrupt(
                "leaf_changes",
                format!("no places beyond {}", leaves.len() as u64 + first),
            ));
        }
        Ok(leaves)
    }

    /// How many places changed after version `since` until `version`. Reads all changes between.
    pub async fn changed_places(&self, registry: RegistryId, since: u64, version: u64) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(DISTINCT leaf_index) FROM leaf_changes WHERE registry_id = $1 AND seq > $2 AND seq <= $3",
        )
        .bind(registry.to_be_bytes())
        .bind(bigint(since))
        .bind(bigint(version))
        .fetch_one(&self.pool)
        .await?;
        Ok(count.unsigned_abs())
    }

    /// What places from `first` on hold at `version` that changed after version `since`, in the order of the places, up to
    /// `limit` of them. Reads all changes between.
    pub async fn changes_between(
        &self,
        registry: RegistryId,
        since: u64,
        version: u64,
        first: u64,
        limit: u32,
    ) -> Result<Vec<(u32, Leaf)>, StoreError> {
        let rows = sqlx::query(CHANGES)
            .bind(registry.to_be_bytes())
            .bind(bigint(since))
            .bind(bigint(version))
            .bind(bigint(first))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(place_and_leaf).collect()
    }

    /// How many leaves of a track are active in the tree of a root: among so many a proof under it hides.
    pub async fn holders(&self, registry: RegistryId, track: TrackId, root: &PublishedRoot) -> Result<u64, StoreError> {
        let holders: i64 = sqlx::query_scalar(HOLDERS)
            .bind(registry.to_be_bytes())
            .bind(track.to_be_bytes())
            .bind(bigint(root.leaf_count))
            .bind(bigint(root.change_seq))
            .fetch_one(&self.pool)
            .await?;
        Ok(holders.unsigned_abs())
    }
}

fn place_and_leaf(row: &PgRow) -> Result<(u32, Leaf), StoreError> {
    const TABLE: &str = "leaf_changes";
    let place: i64 = row.try_get("leaf_index")?;
    let place = u32::try_from(place).map_err(|_| StoreError::corrupt(TABLE, "leaf_index"))?;
    Ok((place, element(row, TABLE, "leaf_hash", Leaf::new)?))
}
