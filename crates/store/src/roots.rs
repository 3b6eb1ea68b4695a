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
    /// Whether it can be used now: neither expired nor from before a revocation and, if its registry is anchored, on chain.
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
    /// Another root was published since the caller looked.
    #[error("root {newest_seq} was published meanwhile")]
    Overtaken {
        /// Number of the newest root.
        newest_seq: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const SELECT: &str = "SELECT r.seq, r.root, r.change_seq, r.leaf_count,
           r.expires_at > now() AND r.seq >= g.min_root_seq AND (NOT g.anchored OR r.chain_slot IS NOT NULL) AS is_fresh
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
    /// Records the root of the tree after all changes up to `change_seq`; of an anchored registry, also the intent to tell
    /// the chain.
    ///
    /// If those changes contain a revocation that no earlier root includes, all earlier roots end: at once, or for an
    /// anchored registry when the chain ends them.
    pub async fn publish_root(
        &self,
        registry: RegistryId,
        root: MerkleRoot,
        change_seq: u64,
        leaf_count: u64,
    ) -> Result<PublishedRoot, PublishError> {
        self.publish(registry, None, root, change_seq, leaf_count).await
    }

    /// The same, unless a root was published after number `newest_seq` (0: any at all): of two leaders one publishes.
    pub async fn publish_root_after(
        &self,
        registry: RegistryId,
        newest_seq: u64,
        root: MerkleRoot,
        change_seq: u64,
        leaf_count: u64,
    ) -> Result<PublishedRoot, PublishError> {
        self.publish(registry, Some(newest_seq), root, change_seq, leaf_count).await
    }

    async fn publish(
        &self,
        registry: RegistryId,
        expected: Option<u64>,
        root: MerkleRoot,
        change_seq: u64,
        leaf_count: u64,
    ) -> Result<PublishedRoot, PublishError> {
        let mut tx = self.pool.begin().await.map_err(StoreError::from)?;
        let id = registry.to_be_bytes();
        let published = async {
            // After whatever the chain has, whoever published that: the program takes no other number.
            let registry = sqlx::query(
                "UPDATE registries SET root_seq = greatest(root_seq,
                     (SELECT max(least(e.root_sequence, 9000000000000000000)) FROM chain_events e
                      WHERE anchored AND e.registry_id = registries.id AND e.kind = 'merkle_root_updated'
                        AND e.program_id = registries.program_id)::bigint) + 1
                 WHERE id = $1 RETURNING root_seq, anchored",
            )
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
            let (seq, anchored): (i64, bool) = (registry.try_get("root_seq")?, registry.try_get("anchored")?);
            let newest: Option<(i64, i64)> =
                sqlx::query_as("SELECT seq, change_seq FROM roots WHERE registry_id = $1 ORDER BY seq DESC LIMIT 1")
                    .bind(id)
                    .fetch_optional(&mut *tx)
                    .await?;
            let (newest_seq, included) = newest.unwrap_or((0, 0));
            let newest_seq = newest_seq.unsigned_abs();
            if expected.is_some_and(|expected| expected != newest_seq) {
                return Ok(Err(PublishError::Overtaken { newest_seq }));
            }
            if bigint(change_seq) < included {
                return Ok(Err(PublishError::Older { change_seq, newest_seq }));
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
                 WHERE id = $1 AND NOT anchored AND EXISTS (
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
            if anchored {
                sqlx::query("INSERT INTO chain_outbox (intent, registry_id, root_seq) VALUES ('publish_root', $1, $2)")
                    .bind(id)
                    .bind(seq)
                    .execute(&mut *tx)
                    .await?;
            }
            Ok::<_, sqlx::Error>(Ok((seq, !anchored)))
        }
        .await
        .map_err(StoreError::from)??;
        tx.commit().await.map_err(StoreError::from)?;
        let (seq, is_fresh) = published;
        Ok(PublishedRoot { seq: seq.unsigned_abs(), root, change_seq, leaf_count, is_fresh })
    }

    /// The newest root of a registry that counts, or did before it expired or was revoked: of an anchored registry, the
    /// newest that the chain has.
    pub async fn newest_root(&self, registry: RegistryId) -> Result<Option<PublishedRoot>, StoreError> {
        let row = sqlx::query(&format!(
            "{SELECT} WHERE r.registry_id = $1 AND (NOT g.anchored OR r.chain_slot IS NOT NULL)
             ORDER BY r.seq DESC LIMIT 1"
        ))
        .bind(registry.to_be_bytes())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(from_row).transpose()
    }

    /// The newest publication of a root by its value that counts, or else the newest. The same tree may be published
    /// again, to renew its lifetime.
    pub async fn find_root(&self, registry: RegistryId, root: MerkleRoot) -> Result<Option<PublishedRoot>, StoreError> {
        let row = sqlx::query(&format!(
            "{SELECT} WHERE r.registry_id = $1 AND r.root = $2 ORDER BY is_fresh DESC, r.seq DESC LIMIT 1"
        ))
        .bind(registry.to_be_bytes())
        .bind(root.to_be_bytes())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(from_row).transpose()
    }

    /// Roots of a registry, the newest first, up to `limit`.
    pub async fn roots(&self, registry: RegistryId, limit: u32) -> Result<Vec<PublishedRoot>, StoreError> {
        let rows = sqlx::query(&format!("{SELECT} WHERE r.registry_id = $1 ORDER BY r.seq DESC LIMIT $2"))
            .bind(registry.to_be_bytes())
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(from_row).collect()
    }
}
