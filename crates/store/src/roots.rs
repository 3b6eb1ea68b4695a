//! Published roots.

use sqlx::{Row, postgres::PgRow};
use veilpass_protocol::{Leaf, MerkleRoot, RegistryId};

use crate::{
    Store, StoreError,
    convert::{bigint, element, unsigned},
};

/// A root that proofs may be made under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedRoot {
    /// Its number: 1, 2, 3... within the registry.
    pub seq: u64,
    /// Its value.
    pub root: MerkleRoot,
    /// The newest change of the tree that it includes.
    pub change_seq: u64,
    /// Places used in the tree, zeroed ones included.
    pub leaf_count: u64,
    /// Whether it can be used now: neither expired nor from before a revocation.
    pub is_fresh: bool,
}

/// Why a root was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The root does not include changes that an earlier root does.
    #[error("change {change_seq} is older than what root {newest_seq} includes")]
    Older {
        /// The change up to which the refused root goes.
        change_seq: u64,
        /// Number of the newest root.
        newest_seq: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const SELECT: &str = "SELECT r.seq, r.root, r.change_seq, r.leaf_count,
           r.expires_at > now() AND r.seq >= g.min_root_seq AS is_fresh
    FROM roots r JOIN registries g ON g.id = r.registry_id";

fn from_row(row: &PgRow) -> Result<PublishedRoot, StoreError> {
    const TABLE: &str = "roots";
    Ok(PublishedRoot {
        seq: unsigned(row, TABLE, "seq")?,
        root: element(row, TABLE, "root", MerkleRoot::new)?,
        change_seq: unsigned(row, TABLE, "change_seq")?,
        leaf_count: unsigned(row, TABLE, "leaf_count")?,
        is_fresh: row.try_get("is_fresh")?,
    })
}

impl Store {
    /// Records the root of the tree after all changes up to `change_seq`, and with it the intent to tell the chain.
    ///
    /// If those changes contain a revocation that no earlier root includes, all earlier roots end with it.
    pub async fn publish_root(
        &self,
        registry: RegistryId,
        root: MerkleRoot,
        change_seq: u64,
        leaf_count: u64,
    ) -> Result<PublishedRoot, PublishError> {
        let mut tx = self.pool.begin().await.map_err(StoreError::from)?;
        let id = registry.to_be_bytes();
        let published = async {
            let seq: i64 =
                sqlx::query("UPDATE registries SET root_seq = root_seq + 1 WHERE id = $1 RETURNING root_seq")
                    .bind(id)
                    .fetch_one(&mut *tx)
                    .await?
                    .try_get("root_seq")?;
            let newest: Option<i64> =
                sqlx::query("SELECT change_seq FROM roots WHERE registry_id = $1 ORDER BY seq DESC LIMIT 1")
                    .bind(id)
                    .fetch_optional(&mut *tx)
                    .await?
                    .map(|row| row.try_get("change_seq"))
                    .transpose()?;
            let included = newest.unwrap_or(0);
            if bigint(change_seq) < included {
                return Ok(Err(PublishError::Older { change_seq, newest_seq: seq.unsigned_abs() - 1 }));
            }
            sqlx::query(
                "INSERT INTO roots (registry_id, seq, root, change_seq, leaf_count, expires_at)
                 SELECT id, $2, $3, $4, $5, now() + make_interval(secs => root_lifetime_seconds)
                 FROM registries WHERE id = $1",
            )
            .bind(id)
            .bind(seq)
            .bind(root.to_be_bytes())
            .bind(bigint(change_seq))
            .bind(bigint(leaf_count))
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "UPDATE registries SET min_root_seq = $2
                 WHERE id = $1 AND EXISTS (
                     SELECT 1 FROM leaf_changes
                     WHERE registry_id = $1 AND seq > $3 AND seq <= $4 AND leaf_hash = $5)",
            )
            .bind(id)
            .bind(seq)
            .bind(included)
            .bind(bigint(change_seq))
            .bind(Leaf::EMPTY.to_be_bytes())
            .execute(&mut *tx)
            .await?;
            sqlx::query("INSERT INTO chain_outbox (intent, registry_id, root_seq) VALUES ('publish_root', $1, $2)")
                .bind(id)
                .bind(seq)
                .execute(&mut *tx)
                .await?;
            Ok::<_, sqlx::Error>(Ok(seq))
        }
        .await
        .map_err(StoreError::from)??;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(PublishedRoot { seq: published.unsigned_abs(), root, change_seq, leaf_count, is_fresh: true })
    }

    /// The newest root of a registry.
    pub async fn newest_root(&self, registry: RegistryId) -> Result<Option<PublishedRoot>, StoreError> {
        let row = sqlx::query(&format!("{SELECT} WHERE r.registry_id = $1 ORDER BY r.seq DESC LIMIT 1"))
            .bind(registry.to_be_bytes())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(from_row).transpose()
    }

    /// The newest publication of a root by its value. The same tree may be published again, to renew its lifetime.
    pub async fn find_root(&self, registry: RegistryId, root: MerkleRoot) -> Result<Option<PublishedRoot>, StoreError> {
        let row =
            sqlx::query(&format!("{SELECT} WHERE r.registry_id = $1 AND r.root = $2 ORDER BY r.seq DESC LIMIT 1"))
                .bind(registry.to_be_bytes())
                .bind(root.to_be_bytes())
                .fetch_optional(&self.pool)
                .await?;
        row.as_ref().map(from_row).transpose()
    }
}
