//! Enrolment and revocation: places of a tree are filled and emptied, and each time the log of changes grows.

use sqlx::{PgConnection, Row};
use veilpass_protocol::{Leaf, RegistryId, TokenId, TrackId, WalletHash};

use crate::{
    EnrolmentEnd, Store, StoreError,
    convert::{bigint, element, unsigned},
};

/// A token to enrol for a track.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// HMAC of the wallet that owns the token.
    pub wallet_hash: WalletHash,
    /// The token.
    pub token_id: TokenId,
    /// The track that it unlocks.
    pub track_id: TrackId,
    /// `H(LEAF, C, token_id, track_id)`.
    pub leaf: Leaf,
}

impl Store {
    /// Enrols tokens, in order, at the next places of the registry's tree, all or none. Returns the first place.
    ///
    /// A token that is enrolled for the same track already violates `merkle_leaves_one_per_token_and_track`.
    pub async fn enrol(&self, registry: RegistryId, enrolments: &[Enrolment]) -> Result<u64, StoreError> {
        let mut tx = self.pool.begin().await?;
        let place = append(&mut tx, registry, enrolments).await?;
        tx.commit().await?;
        u64::try_from(place.first_index).map_err(|_| StoreError::corrupt("registries", "leaf_count is negative"))
    }

    /// Revokes the enrolment at a place: the place becomes the empty leaf with the next published root, which also ends
    /// all older roots. Returns whether there was an enrolment to revoke.
    pub async fn revoke(&self, registry: RegistryId, leaf_index: u32) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        let revoked = zero(&mut tx, registry, leaf_index, EnrolmentEnd::Operator).await?;
        if revoked {
            tx.commit().await?;
        }
        Ok(revoked)
    }

    /// What the places from `first` on hold now, up to `limit` of them, in order; [`Leaf::EMPTY`] if revoked.
    pub async fn leaves(&self, registry: RegistryId, first: u64, limit: u32) -> Result<Vec<(u32, Leaf)>, StoreError> {
        const TABLE: &str = "merkle_leaves";
        let rows = sqlx::query(
            "SELECT leaf_index, leaf_hash, revoked_at IS NOT NULL AS revoked FROM merkle_leaves
             WHERE registry_id = $1 AND leaf_index >= $2 ORDER BY leaf_index LIMIT $3",
        )
        .bind(registry.to_be_bytes())
        .bind(bigint(first))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let index = unsigned(row, TABLE, "leaf_index")?;
                let index = u32::try_from(index).map_err(|_| StoreError::corrupt(TABLE, "leaf_index"))?;
                let revoked: bool = row.try_get("revoked")?;
                Ok((index, if revoked { Leaf::EMPTY } else { element(row, TABLE, "leaf_hash", Leaf::new)? }))
            })
            .collect()
    }
}

/// Where appended leaves are: their first place, and the number of the change that filled it.
pub(crate) struct Appended {
    pub(crate) first_index: i64,
    pub(crate) first_seq: i64,
}

/// Appends leaves, in order, and logs the changes. The registry's row is locked from here on.
pub(crate) async fn append(
    connection: &mut PgConnection,
    registry: RegistryId,
    enrolments: &[Enrolment],
) -> Result<Appended, sqlx::Error> {
    let counters = sqlx::query(
        "UPDATE registries SET leaf_count = leaf_count + $2, change_seq = change_seq + $2
         WHERE id = $1 RETURNING leaf_count - $2 AS first_index, change_seq - $2 AS last_seq",
    )
    .bind(registry.to_be_bytes())
    .bind(bigint(enrolments.len() as u64))
    .fetch_one(&mut *connection)
    .await?;
    let first: i64 = counters.try_get("first_index")?;
    let last_seq: i64 = counters.try_get("last_seq")?;

    let column = |of: fn(&Enrolment) -> [u8; 32]| enrolments.iter().map(|e| of(e).to_vec()).collect::<Vec<_>>();
    let leaves = column(|e| e.leaf.to_be_bytes());
    sqlx::query(
        "INSERT INTO merkle_leaves (registry_id, leaf_index, wallet_hash, token_id, track_id, leaf_hash)
         SELECT $1, $2 + place - 1, wallet_hash, token_id, track_id, leaf_hash
         FROM unnest($3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
              WITH ORDINALITY AS new (wallet_hash, token_id, track_id, leaf_hash, place)",
    )
    .bind(registry.to_be_bytes())
    .bind(first)
    .bind(column(|e| *e.wallet_hash.as_bytes()))
    .bind(column(|e| e.token_id.to_be_bytes()))
    .bind(column(|e| e.track_id.to_be_bytes()))
    .bind(&leaves)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO leaf_changes (registry_id, seq, leaf_index, leaf_hash)
         SELECT $1, $2 + place, $3 + place - 1, leaf_hash
         FROM unnest($4::bytea[]) WITH ORDINALITY AS new (leaf_hash, place)",
    )
    .bind(registry.to_be_bytes())
    .bind(last_seq)
    .bind(first)
    .bind(&leaves)
    .execute(connection)
    .await?;
    Ok(Appended { first_index: first, first_seq: last_seq + 1 })
}

/// Empties a place, logs the change and ends its enrolment. Returns whether there was anything; if not, nothing is to be
/// committed: the change was counted, and is not in the log. The registry's row is locked from here on.
pub(crate) async fn zero(
    connection: &mut PgConnection,
    registry: RegistryId,
    leaf_index: u32,
    end: EnrolmentEnd,
) -> Result<bool, sqlx::Error> {
    // The registry's row first, as in `append`: changes of one tree happen one after the other.
    let seq = next_change(connection, registry).await?;
    let revoked = sqlx::query(
        "UPDATE merkle_leaves SET revoked_at = now()
         WHERE registry_id = $1 AND leaf_index = $2 AND revoked_at IS NULL",
    )
    .bind(registry.to_be_bytes())
    .bind(i64::from(leaf_index))
    .execute(&mut *connection)
    .await?;
    if revoked.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("INSERT INTO leaf_changes (registry_id, seq, leaf_index, leaf_hash) VALUES ($1, $2, $3, $4)")
        .bind(registry.to_be_bytes())
        .bind(seq)
        .bind(i64::from(leaf_index))
        .bind(Leaf::EMPTY.to_be_bytes())
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE enrollments SET revoked_reason = $3::enrollment_end, ownership_record = NULL
         WHERE registry_id = $1 AND leaf_index = $2 AND revoked_reason IS NULL",
    )
    .bind(registry.to_be_bytes())
    .bind(i64::from(leaf_index))
    .bind(end.name())
    .execute(connection)
    .await?;
    Ok(true)
}

async fn next_change(connection: &mut PgConnection, registry: RegistryId) -> Result<i64, sqlx::Error> {
    let row = sqlx::query("UPDATE registries SET change_seq = change_seq + 1 WHERE id = $1 RETURNING change_seq")
        .bind(registry.to_be_bytes())
        .fetch_one(connection)
        .await?;
    row.try_get("change_seq")
}
