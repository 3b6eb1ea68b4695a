//! An operator brings assets or enrolments of a registry, many at a time: all of them, or none.
//!
//! Lines go to the server in batches and are compared there, so that memory here does not depend on their number. Nothing is
//! written before [`Import::commit_assets`] or [`Import::commit_enrolments`]; the registry is locked only for the last
//! comparison and the writing.

use futures_util::TryStreamExt;
use sqlx::{Postgres, Row, Transaction};
use uuid::Uuid;
use veilpass_protocol::{Leaf, RegistryId, SEALED_OWNERSHIP_BYTES, TokenId, TrackId, WalletHash};

use crate::{Store, StoreError, convert::bigint};

/// A token that is to unlock a track.
#[derive(Debug, Clone, Copy)]
pub struct AssetLine {
    /// The token.
    pub token: TokenId,
    /// The track.
    pub track: TrackId,
}

/// A token that is to be enrolled.
#[derive(Debug, Clone)]
pub struct EnrolmentLine {
    /// Its number in the file.
    pub line: u64,
    /// The token.
    pub token: TokenId,
    /// The track that it unlocks.
    pub track: TrackId,
    /// HMAC of the wallet.
    pub wallet_hash: WalletHash,
    /// `H(LEAF, C, token_id, track_id)`.
    pub leaf: Leaf,
    /// A random name, which `ownership_record` is sealed for.
    pub id: Uuid,
    /// Wallet and mint, sealed.
    pub ownership_record: [u8; SEALED_OWNERSHIP_BYTES],
}

/// Why a line cannot be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// An earlier line has the same token and track.
    #[error("the same mint and track as line {0}")]
    Repeats(u64),
    /// The token does not unlock the track.
    #[error("this mint does not unlock this track: import the assets first")]
    NotAllowed,
    /// The token is enrolled for the track by another wallet, or under another commitment.
    #[error("enrolled already, by another wallet or under another commitment")]
    Enrolled,
}

/// An import under way. What is not committed was never there.
pub struct Import {
    tx: Transaction<'static, Postgres>,
    registry: RegistryId,
}

impl Store {
    /// Begins an import into a registry.
    pub async fn begin_import(&self, registry: RegistryId) -> Result<Import, StoreError> {
        let mut tx = self.pool.begin().await?;
        // A million lines take longer than any statement of a service.
        sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *tx).await?;
        sqlx::query(
            "CREATE TEMPORARY TABLE import_lines (
                 line bigint, token_id bytea, track_id bytea, wallet_hash bytea, leaf_hash bytea, id uuid, record bytea
             ) ON COMMIT DROP",
        )
        .execute(&mut *tx)
        .await?;
        Ok(Import { tx, registry })
    }
}

impl Import {
    /// Lets these tokens unlock their tracks. Returns how many did not before.
    pub async fn add_assets(&mut self, lines: &[AssetLine]) -> Result<u64, StoreError> {
        let column = |of: fn(&AssetLine) -> [u8; 32]| lines.iter().map(|line| of(line).to_vec()).collect::<Vec<_>>();
        let added = sqlx::query(
            "INSERT INTO track_assets (registry_id, track_id, token_id)
             SELECT DISTINCT $1::bytea, new.track_id, new.token_id
             FROM unnest($2::bytea[], $3::bytea[]) AS new (track_id, token_id)
             ON CONFLICT DO NOTHING",
        )
        .bind(self.registry.to_be_bytes())
        .bind(column(|line| line.track.to_be_bytes()))
        .bind(column(|line| line.token.to_be_bytes()))
        .execute(&mut *self.tx)
        .await?;
        Ok(added.rows_affected())
    }

    /// Makes the assets count.
    pub async fn commit_assets(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }

    /// Takes lines in.
    pub async fn add_enrolments(&mut self, lines: &[EnrolmentLine]) -> Result<(), StoreError> {
        let column = |of: fn(&EnrolmentLine) -> &[u8]| lines.iter().map(|line| of(line).to_vec()).collect::<Vec<_>>();
        let elements =
            |of: fn(&EnrolmentLine) -> [u8; 32]| lines.iter().map(|line| of(line).to_vec()).collect::<Vec<_>>();
        sqlx::query(
            "INSERT INTO import_lines SELECT * FROM
             unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::uuid[], $7::bytea[])",
        )
        .bind(lines.iter().map(|line| bigint(line.line)).collect::<Vec<_>>())
        .bind(elements(|line| line.token.to_be_bytes()))
        .bind(elements(|line| line.track.to_be_bytes()))
        .bind(column(|line| line.wallet_hash.as_bytes()))
        .bind(elements(|line| line.leaf.to_be_bytes()))
        .bind(lines.iter().map(|line| line.id).collect::<Vec<_>>())
        .bind(column(|line| &line.ownership_record))
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Compares the lines with each other and with the registry, which is locked from here on. Bad lines are told one by
    /// one, and left out. Returns how many are left to enrol, and how many are enrolled exactly so already.
    pub async fn compare(&mut self, mut bad: impl FnMut(u64, LineProblem)) -> Result<(u64, u64), StoreError> {
        let registry = self.registry.to_be_bytes();
        sqlx::query("ANALYZE import_lines").execute(&mut *self.tx).await?;
        self.remove(
            "DELETE FROM import_lines a
             USING (SELECT token_id, track_id, min(line) AS first FROM import_lines
                    GROUP BY token_id, track_id HAVING count(*) > 1) d
             WHERE a.token_id = d.token_id AND a.track_id = d.track_id AND a.line > d.first
             RETURNING a.line, d.first",
            |line, first| bad(line, LineProblem::Repeats(first)),
        )
        .await?;
        self.remove(
            "DELETE FROM import_lines a
             WHERE NOT EXISTS (SELECT 1 FROM track_assets t WHERE t.registry_id = $1::bytea
                               AND t.track_id = a.track_id AND t.token_id = a.token_id)
             RETURNING a.line, 0::bigint AS first",
            |line, _| bad(line, LineProblem::NotAllowed),
        )
        .await?;
        sqlx::query("SELECT 1 FROM registries WHERE id = $1 FOR UPDATE")
            .bind(registry)
            .fetch_one(&mut *self.tx)
            .await?;
        let unchanged = sqlx::query(
            "DELETE FROM import_lines a USING merkle_leaves l
             WHERE l.registry_id = $1 AND l.token_id = a.token_id AND l.track_id = a.track_id AND l.revoked_at IS NULL
               AND l.leaf_hash = a.leaf_hash AND l.wallet_hash = a.wallet_hash",
        )
        .bind(registry)
        .execute(&mut *self.tx)
        .await?
        .rows_affected();
        self.remove(
            "DELETE FROM import_lines a USING merkle_leaves l
             WHERE l.registry_id = $1::bytea AND l.token_id = a.token_id AND l.track_id = a.track_id
               AND l.revoked_at IS NULL
             RETURNING a.line, 0::bigint AS first",
            |line, _| bad(line, LineProblem::Enrolled),
        )
        .await?;
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM import_lines").fetch_one(&mut *self.tx).await?;
        Ok((left.unsigned_abs(), unchanged))
    }

    async fn remove(&mut self, statement: &str, mut each: impl FnMut(u64, u64)) -> Result<(), StoreError> {
        let query = sqlx::query(statement);
        let names_registry = statement.contains("$1");
        let query = if names_registry { query.bind(self.registry.to_be_bytes()) } else { query };
        let mut rows = query.fetch(&mut *self.tx);
        while let Some(row) = rows.try_next().await? {
            let (line, first): (i64, i64) = (row.try_get("line")?, row.try_get("first")?);
            each(line.unsigned_abs(), first.unsigned_abs());
        }
        Ok(())
    }

    /// Enrols what is left after [`Import::compare`], in the order of the lines.
    pub async fn commit_enrolments(mut self) -> Result<(), StoreError> {
        let registry = self.registry.to_be_bytes();
        sqlx::query(
            "CREATE TEMPORARY TABLE import_places ON COMMIT DROP AS
             SELECT n.*, r.leaf_count + n.place AS leaf_index, r.change_seq + n.place + 1 AS change_seq
             FROM (SELECT *, row_number() OVER (ORDER BY line) - 1 AS place FROM import_lines) n,
                  (SELECT leaf_count, change_seq FROM registries WHERE id = $1::bytea) r",
        )
        .bind(registry)
        .execute(&mut *self.tx)
        .await?;
        for statement in [
            "UPDATE registries SET leaf_count = leaf_count + (SELECT count(*) FROM import_places),
                                   change_seq = change_seq + (SELECT count(*) FROM import_places) WHERE id = $1",
            "INSERT INTO merkle_leaves (registry_id, leaf_index, wallet_hash, token_id, track_id, leaf_hash)
             SELECT $1, leaf_index, wallet_hash, token_id, track_id, leaf_hash FROM import_places",
            "INSERT INTO leaf_changes (registry_id, seq, leaf_index, leaf_hash)
             SELECT $1, change_seq, leaf_index, leaf_hash FROM import_places",
            "INSERT INTO enrollments (id, registry_id, leaf_index, change_seq, ownership_record)
             SELECT id, $1, leaf_index, change_seq, record FROM import_places",
        ] {
            sqlx::query(statement).bind(registry).execute(&mut *self.tx).await?;
        }
        Ok(self.tx.commit().await?)
    }
}
