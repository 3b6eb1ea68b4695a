//! Looking again whether enrolled tokens have moved.

use sqlx::Row;
use time::OffsetDateTime;
use uuid::Uuid;
use veilpass_protocol::RegistryId;

use super::EnrolmentEnd;
use crate::{
    Store, StoreError,
    convert::{bigint, element, unsigned},
    leaves::zero,
};

/// An enrolment that counts, and is to be looked at.
#[derive(Debug, Clone)]
pub struct EnrolmentToCheck {
    /// Its name.
    pub id: Uuid,
    /// Its registry.
    pub registry: RegistryId,
    /// Its place in the tree.
    pub leaf_index: u32,
    /// Wallet, mint and token account, sealed.
    pub ownership_record: Vec<u8>,
}

impl Store {
    /// The database's time, from which a sweep counts.
    pub async fn now(&self) -> Result<OffsetDateTime, StoreError> {
        Ok(sqlx::query_scalar("SELECT now()").fetch_one(&self.pool).await?)
    }

    /// Up to `limit` enrolments that nobody looked at since `since`, the longest forgotten first: a sweep that was
    /// interrupted goes on where it was, whoever goes on.
    pub async fn enrolments_to_check(
        &self,
        since: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<EnrolmentToCheck>, StoreError> {
        const TABLE: &str = "enrollments";
        let rows = sqlx::query(
            "SELECT id, registry_id, leaf_index, ownership_record FROM enrollments
             WHERE revoked_reason IS NULL AND checked_at < $1 ORDER BY checked_at LIMIT $2",
        )
        .bind(since)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(EnrolmentToCheck {
                    id: row.try_get("id")?,
                    registry: element(row, TABLE, "registry_id", RegistryId::new)?,
                    leaf_index: u32::try_from(unsigned(row, TABLE, "leaf_index")?)
                        .map_err(|_| StoreError::corrupt(TABLE, "leaf_index"))?,
                    ownership_record: row.try_get("ownership_record")?,
                })
            })
            .collect()
    }

    /// Notes that enrolments were looked at; with a slot, that their wallets held the tokens then.
    pub async fn note_checked(&self, ids: &[Uuid], slot: Option<u64>) -> Result<(), StoreError> {
        sqlx::query("UPDATE enrollments SET checked_at = now(), slot = greatest(slot, $2) WHERE id = ANY ($1)")
            .bind(ids)
            .bind(slot.map(bigint))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Revokes an enrolment whose wallet did not hold the token at a finalized slot, unless it was seen to hold it later.
    /// Returns whether it was revoked.
    pub async fn revoke_sold(&self, enrolment: &EnrolmentToCheck, slot: u64) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("SELECT 1 FROM registries WHERE id = $1 FOR UPDATE")
            .bind(enrolment.registry.to_be_bytes())
            .fetch_one(&mut *tx)
            .await?;
        let is_newest = sqlx::query(
            "SELECT 1 FROM enrollments
             WHERE id = $1 AND revoked_reason IS NULL AND (slot IS NULL OR slot <= $2) FOR UPDATE",
        )
        .bind(enrolment.id)
        .bind(bigint(slot))
        .fetch_optional(&mut *tx)
        .await?;
        if is_newest.is_none() || !zero(&mut tx, enrolment.registry, enrolment.leaf_index, EnrolmentEnd::Sold).await? {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }
}
