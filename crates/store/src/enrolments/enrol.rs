//! A listener enrols a token that it was seen to hold.

use std::time::Duration;

use sqlx::{PgConnection, Row, postgres::PgRow};
use uuid::Uuid;
use veilpass_protocol::{Leaf, RegistryId, SEALED_OWNERSHIP_BYTES, TokenId, TrackId, WalletHash};

use super::EnrolmentEnd;
use crate::{
    Enrolment, Store, StoreError,
    convert::{bigint, element, unsigned},
    leaves::{append, zero},
};

/// A token and what it unlocks: of these one enrolment counts at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldToken {
    /// Of this registry.
    pub registry: RegistryId,
    /// The token.
    pub token: TokenId,
    /// The track.
    pub track: TrackId,
}

/// An enrolment to make.
#[derive(Debug, Clone)]
pub struct NewOwnedEnrolment {
    /// What is enrolled.
    pub held: HeldToken,
    /// A random name, which `ownership_record` is sealed for.
    pub id: Uuid,
    /// HMAC of the wallet that owns the token.
    pub wallet_hash: WalletHash,
    /// `H(LEAF, C, token_id, track_id)`.
    pub leaf: Leaf,
    /// Wallet, mint and token account, sealed.
    pub ownership_record: [u8; SEALED_OWNERSHIP_BYTES],
    /// The finalized slot at which the wallet held the token.
    pub slot: u64,
}

/// The enrolment of a token that counts now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveEnrolment {
    /// Its place in the tree.
    pub leaf_index: u32,
    /// HMAC of its wallet.
    pub wallet_hash: Vec<u8>,
    /// What the tree holds.
    pub leaf: Leaf,
    /// Its name and sealed record; none: [`Store::enrol`] made it, or it is older than names are.
    pub record: Option<(Uuid, Vec<u8>)>,
    /// The finalized slot at which its wallet was last seen to hold the token, if it ever was.
    pub slot: Option<u64>,
    /// How long ago it was made, in whole seconds.
    pub age: Duration,
}

/// What enrolling led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnedEnrolment {
    /// The enrolment's name.
    pub id: Uuid,
    /// Whether it is new. If not, the same wallet had enrolled the token under the same commitment.
    pub is_new: bool,
    /// Why the enrolment that was there before has ended, if one has.
    pub ended: Option<EnrolmentEnd>,
}

/// Why a token was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolOwnerError {
    /// The enrolment that counts is not the one that the caller saw.
    #[error("the token was enrolled or revoked meanwhile")]
    Changed,
    /// The chain was asked before it was asked about the enrolment that counts.
    #[error("what is known of the token is newer than this")]
    Outdated,
    /// The wallet made the enrolment that it would replace a short while ago.
    #[error("the enrolment is too young to be replaced")]
    ReplacedLately {
        /// Until it may be replaced, in whole seconds.
        left: Duration,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for EnrolOwnerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

const TABLE: &str = "merkle_leaves";
const ACTIVE: &str = "SELECT l.leaf_index, l.wallet_hash, l.leaf_hash, e.id, e.ownership_record, e.slot,
            greatest(floor(extract(epoch FROM now() - l.enrolled_at)), 0)::bigint AS age_seconds
     FROM merkle_leaves l LEFT JOIN enrollments e USING (registry_id, leaf_index)
     WHERE l.registry_id = $1 AND l.token_id = $2 AND l.track_id = $3 AND l.revoked_at IS NULL";

fn from_row(row: &PgRow) -> Result<ActiveEnrolment, StoreError> {
    let id: Option<Uuid> = row.try_get("id")?;
    let sealed: Option<Vec<u8>> = row.try_get("ownership_record")?;
    let slot: Option<i64> = row.try_get("slot")?;
    Ok(ActiveEnrolment {
        leaf_index: u32::try_from(unsigned(row, TABLE, "leaf_index")?)
            .map_err(|_| StoreError::corrupt(TABLE, "leaf_index"))?,
        wallet_hash: row.try_get("wallet_hash")?,
        leaf: element(row, TABLE, "leaf_hash", Leaf::new)?,
        record: id.zip(sealed),
        slot: slot.map(i64::unsigned_abs),
        age: Duration::from_secs(unsigned(row, TABLE, "age_seconds")?),
    })
}

async fn active(connection: &mut PgConnection, held: HeldToken) -> Result<Option<ActiveEnrolment>, StoreError> {
    let row = sqlx::query(ACTIVE)
        .bind(held.registry.to_be_bytes())
        .bind(held.token.to_be_bytes())
        .bind(held.track.to_be_bytes())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(from_row).transpose()
}

impl Store {
    /// The enrolment of a token that counts now.
    pub async fn active_enrolment(&self, held: HeldToken) -> Result<Option<ActiveEnrolment>, StoreError> {
        active(&mut *self.pool.acquire().await?, held).await
    }

    /// Enrols a token for the wallet that holds it.
    ///
    /// The same wallet with the same commitment keeps its enrolment, whoever of its requests came first: an older look at
    /// the chain takes nothing from it. Another commitment or another wallet ends it, and a new one begins in the same
    /// transaction; only if it is `seen`, the place of the enrolment that counted before the caller asked the chain.
    ///
    /// Whatever ends an enrolment makes all earlier roots stale, for everybody. For another wallet a token has to move, which
    /// costs a fee; the same wallet's own must be `replaceable_after` old.
    ///
    /// # Errors
    /// [`EnrolOwnerError::Changed`] and [`EnrolOwnerError::Outdated`] if something would end that the caller has not seen;
    /// [`EnrolOwnerError::ReplacedLately`] if the wallet's own enrolment is too young.
    pub async fn enrol_owner(
        &self,
        new: &NewOwnedEnrolment,
        seen: Option<u32>,
        replaceable_after: Duration,
    ) -> Result<OwnedEnrolment, EnrolOwnerError> {
        let mut tx = self.pool.begin().await?;
        // Changes of one tree happen one after the other.
        sqlx::query("SELECT 1 FROM registries WHERE id = $1 FOR UPDATE")
            .bind(new.held.registry.to_be_bytes())
            .fetch_one(&mut *tx)
            .await?;
        let before = active(&mut tx, new.held).await?;
        let same_wallet = before.as_ref().is_some_and(|before| before.wallet_hash == new.wallet_hash.as_bytes());
        if let Some(before) = before.as_ref().filter(|before| same_wallet && before.leaf == new.leaf)
            && let Some((id, _)) = &before.record
        {
            refresh(&mut tx, *id, new).await?;
            tx.commit().await?;
            return Ok(OwnedEnrolment { id: *id, is_new: false, ended: None });
        }
        if before.as_ref().map(|before| before.leaf_index) != seen {
            return Err(EnrolOwnerError::Changed);
        }
        if before.as_ref().and_then(|before| before.slot).is_some_and(|slot| slot > new.slot) {
            return Err(EnrolOwnerError::Outdated);
        }
        // An enrolment without a name gets one under the same commitment: that happens once.
        if let Some(before) = before.as_ref().filter(|before| same_wallet && before.leaf != new.leaf)
            && before.age < replaceable_after
        {
            return Err(EnrolOwnerError::ReplacedLately { left: replaceable_after - before.age });
        }
        let mut ended = None;
        if let Some(before) = before {
            let end = if same_wallet { EnrolmentEnd::Replaced } else { EnrolmentEnd::Sold };
            zero(&mut tx, new.held.registry, before.leaf_index, end).await?;
            ended = Some(end);
        }
        insert(&mut tx, new).await?;
        tx.commit().await?;
        Ok(OwnedEnrolment { id: new.id, is_new: true, ended })
    }
}

/// The same enrolment, seen again. Its record is sealed for its own name, which the new one is not: it stays.
async fn refresh(connection: &mut PgConnection, id: Uuid, new: &NewOwnedEnrolment) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE enrollments SET slot = greatest(slot, $2), checked_at = now() WHERE id = $1")
        .bind(id)
        .bind(bigint(new.slot))
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert(connection: &mut PgConnection, new: &NewOwnedEnrolment) -> Result<(), sqlx::Error> {
    let HeldToken { registry, token, track } = new.held;
    let leaf = Enrolment { wallet_hash: new.wallet_hash, token_id: token, track_id: track, leaf: new.leaf };
    let place = append(connection, registry, &[leaf]).await?;
    sqlx::query(
        "INSERT INTO enrollments (id, registry_id, leaf_index, change_seq, ownership_record, slot)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.id)
    .bind(registry.to_be_bytes())
    .bind(place.first_index)
    .bind(place.first_seq)
    .bind(new.ownership_record.as_slice())
    .bind(bigint(new.slot))
    .execute(connection)
    .await?;
    Ok(())
}
