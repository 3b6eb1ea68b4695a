//! Registries and their tracks.

use sqlx::{Row, postgres::PgRow};
use veilpass_protocol::{EpochPolicy, RegistryId, TrackId};

use crate::{
    Store, StoreError,
    convert::{bigint, element, unsigned},
};

/// A registry to create.
#[derive(Clone, Debug)]
pub struct NewRegistry {
    /// Its id.
    pub id: RegistryId,
    /// A short name: lowercase letters, digits, hyphens.
    pub slug: String,
    /// The Solana program that checks its proofs, base58.
    pub program_id: String,
    /// The program's cluster: `mainnet-beta`, `testnet`, `devnet` or `localnet`.
    pub cluster: String,
    /// Its epochs.
    pub epochs: EpochPolicy,
    /// For how long a root is acceptable after it was published, in seconds.
    pub root_lifetime_seconds: u64,
    /// Whether its roots are published on chain, and count only once the indexer has seen them there. Without, it lives in
    /// this database alone: nothing of it can be settled on chain.
    pub anchored: bool,
}

/// A registry as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// Its id.
    pub id: RegistryId,
    /// Its short name.
    pub slug: String,
    /// The Solana program that checks its proofs, base58.
    pub program_id: String,
    /// The program's cluster.
    pub cluster: String,
    /// Its epochs.
    pub epochs: EpochPolicy,
    /// Places used in its tree, zeroed ones included.
    pub leaf_count: u64,
    /// Number of the newest change of its tree.
    pub change_seq: u64,
    /// Number of the newest root; 0 before the first.
    pub root_seq: u64,
    /// Proofs under roots with a lower number are refused.
    pub min_root_seq: u64,
    /// Whether its roots count only once the chain has them.
    pub anchored: bool,
}

impl Registry {
    fn from_row(row: &PgRow) -> Result<Self, StoreError> {
        const TABLE: &str = "registries";
        Ok(Self {
            id: element(row, TABLE, "id", RegistryId::new)?,
            slug: row.try_get("slug")?,
            program_id: row.try_get("program_id")?,
            cluster: row.try_get("cluster")?,
            epochs: EpochPolicy {
                length_seconds: unsigned(row, TABLE, "epoch_length_seconds")?,
                grace_seconds: unsigned(row, TABLE, "epoch_grace_seconds")?,
            },
            leaf_count: unsigned(row, TABLE, "leaf_count")?,
            change_seq: unsigned(row, TABLE, "change_seq")?,
            root_seq: unsigned(row, TABLE, "root_seq")?,
            min_root_seq: unsigned(row, TABLE, "min_root_seq")?,
            anchored: row.try_get("anchored")?,
        })
    }
}

impl Store {
    /// Creates a registry.
    pub async fn create_registry(&self, new: &NewRegistry) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO registries
                 (id, slug, program_id, cluster, epoch_length_seconds, epoch_grace_seconds, root_lifetime_seconds,
                  anchored)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(new.id.to_be_bytes())
        .bind(&new.slug)
        .bind(&new.program_id)
        .bind(&new.cluster)
        .bind(bigint(new.epochs.length_seconds))
        .bind(bigint(new.epochs.grace_seconds))
        .bind(bigint(new.root_lifetime_seconds))
        .bind(new.anchored)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Adds a track, whose id is made from its slug.
    pub async fn create_track(&self, registry: RegistryId, slug: &str) -> Result<TrackId, StoreError> {
        let id = TrackId::from_slug(slug);
        sqlx::query("INSERT INTO tracks (registry_id, id, slug) VALUES ($1, $2, $3)")
            .bind(registry.to_be_bytes())
            .bind(id.to_be_bytes())
            .bind(slug)
            .execute(&self.pool)
            .await?;
        Ok(id)
    }

    /// One registry.
    pub async fn registry(&self, id: RegistryId) -> Result<Option<Registry>, StoreError> {
        let row = sqlx::query("SELECT * FROM registries WHERE id = $1")
            .bind(id.to_be_bytes())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(Registry::from_row).transpose()
    }

    /// All registries, by slug.
    pub async fn registries(&self) -> Result<Vec<Registry>, StoreError> {
        let rows = sqlx::query("SELECT * FROM registries ORDER BY slug").fetch_all(&self.pool).await?;
        rows.iter().map(Registry::from_row).collect()
    }

    /// The tracks of a registry as (id, slug), by slug.
    pub async fn tracks(&self, registry: RegistryId) -> Result<Vec<(TrackId, String)>, StoreError> {
        let rows = sqlx::query("SELECT id, slug FROM tracks WHERE registry_id = $1 ORDER BY slug")
            .bind(registry.to_be_bytes())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok((element(row, "tracks", "id", TrackId::new)?, row.try_get("slug")?))).collect()
    }

    /// Whether a registry has a track.
    pub async fn has_track(&self, registry: RegistryId, track: TrackId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM tracks WHERE registry_id = $1 AND id = $2")
            .bind(registry.to_be_bytes())
            .bind(track.to_be_bytes())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }
}
