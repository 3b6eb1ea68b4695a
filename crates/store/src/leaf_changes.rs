//! The log of a tree's changes, as it is read.

use veilpass_protocol::{Leaf, RegistryId};

use crate::{
    Store, StoreError,
    convert::{bigint, element, unsigned},
};

/// One change of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafChange {
    /// Its number: 1, 2, 3... within the registry, without gaps.
    pub seq: u64,
    /// The place that changed.
    pub leaf_index: u32,
    /// What the place holds since then; [`Leaf::EMPTY`] after a revocation.
    pub leaf: Leaf,
}

impl Store {
    /// Up to `limit` changes after number `after` and up to number `until`, in order. Costs what it returns.
    pub async fn leaf_changes(
        &self,
        registry: RegistryId,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<LeafChange>, StoreError> {
        const TABLE: &str = "leaf_changes";
        let rows = sqlx::query(
            "SELECT seq, leaf_index, leaf_hash FROM leaf_changes
             WHERE registry_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
        )
        .bind(registry.to_be_bytes())
        .bind(bigint(after))
        .bind(bigint(until))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(LeafChange {
                    seq: unsigned(row, TABLE, "seq")?,
                    leaf_index: u32::try_from(unsigned(row, TABLE, "leaf_index")?)
                        .map_err(|_| StoreError::corrupt(TABLE, "leaf_index"))?,
                    leaf: element(row, TABLE, "leaf_hash", Leaf::new)?,
                })
            })
            .collect()
    }
}
