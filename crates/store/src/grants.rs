//! Session grants that were issued, and which of them still count.

use sqlx::Row;
use uuid::Uuid;

use crate::{Store, StoreError, convert::bigint};

/// A grant to be issued.
#[derive(Clone, Copy, Debug)]
pub struct NewGrant<'a> {
    /// Its name.
    pub jti: Uuid,
    /// What it follows from.
    pub verification: Uuid,
    /// Name of the key that signs it.
    pub kid: &'a str,
    /// When it expires, in seconds since the Unix epoch.
    pub expires_at: u64,
}

/// Grants that were revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedGrants {
    /// The verification that they follow from.
    pub verification: Uuid,
    /// How many counted until now.
    pub count: u64,
}

impl Store {
    /// Records a grant before it is given away. False, and nothing is recorded: the verification does not hold any more, an
    /// operator ended its session, or the key was dropped.
    pub async fn record_grant(&self, grant: &NewGrant<'_>) -> Result<bool, StoreError> {
        // The locks let whoever ends the session, or drops the key, see the grant, or the grant see that.
        let recorded = sqlx::query(
            "INSERT INTO session_grants (jti, verification_id, kid, expires_at)
             SELECT $1, v.id, k.kid, to_timestamp($4) FROM verifications v, grant_keys k
             WHERE v.id = $2 AND v.refused_at IS NULL AND v.overruled_by IS NULL AND v.grants_revoked_at IS NULL
               AND k.kid = $3
             FOR SHARE OF v FOR KEY SHARE OF k",
        )
        .bind(grant.jti)
        .bind(grant.verification)
        .bind(grant.kid)
        .bind(bigint(grant.expires_at) as f64)
        .execute(&self.pool)
        .await?;
        Ok(recorded.rows_affected() > 0)
    }

    /// The verification of a grant that was not revoked; whether that still holds is another question. `None`: revoked,
    /// expired or never issued.
    pub async fn live_grant(&self, jti: Uuid) -> Result<Option<Uuid>, StoreError> {
        let row = sqlx::query(
            "SELECT verification_id FROM session_grants WHERE jti = $1 AND revoked_at IS NULL AND expires_at > now()",
        )
        .bind(jti)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| row.try_get("verification_id")).transpose()?)
    }

    /// Revokes one grant. `None`: there is no such grant, or it has expired.
    pub async fn revoke_grant(&self, jti: Uuid) -> Result<Option<RevokedGrants>, StoreError> {
        let row = sqlx::query(
            "WITH revoked AS (UPDATE session_grants SET revoked_at = now() WHERE jti = $1 AND revoked_at IS NULL
                              AND expires_at > now() RETURNING jti)
             SELECT verification_id, (SELECT count(*) FROM revoked) AS count FROM session_grants
             WHERE jti = $1 AND expires_at > now()",
        )
        .bind(jti)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let count = row.try_get::<i64, _>("count")?.unsigned_abs();
        Ok(Some(RevokedGrants { verification: row.try_get("verification_id")?, count }))
    }

    /// Revokes all grants of a verification, and has no new ones issued for it. `None`: there is no such verification.
    pub async fn revoke_grants_of(&self, verification: Uuid) -> Result<Option<RevokedGrants>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let known = sqlx::query(
            "UPDATE verifications SET grants_revoked_at = coalesce(grants_revoked_at, now()) WHERE id = $1",
        )
        .bind(verification)
        .execute(&mut *tx)
        .await?;
        if known.rows_affected() == 0 {
            return Ok(None);
        }
        let revoked = sqlx::query(
            "UPDATE session_grants SET revoked_at = now()
             WHERE verification_id = $1 AND revoked_at IS NULL AND expires_at > now()",
        )
        .bind(verification)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Some(RevokedGrants { verification, count: revoked.rows_affected() }))
    }

    /// Removes grants that expired a minute ago or longer, a thousand at most. Returns how many.
    pub async fn remove_expired_grants(&self) -> Result<u64, StoreError> {
        let removed = sqlx::query(
            "DELETE FROM session_grants WHERE jti IN (
                 SELECT jti FROM session_grants WHERE expires_at < now() - interval '1 minute' LIMIT 1000
                 FOR UPDATE SKIP LOCKED)",
        )
        .execute(&self.pool)
        .await?;
        Ok(removed.rows_affected())
    }
}
