//! Keys that sign session grants. What signs, when, and for how long it is published is decided here, by the database's
//! clock: replicas agree without asking each other.

use std::time::Duration;

use sqlx::{Postgres, Row, Transaction};

use crate::{Store, StoreError};

const TABLE: &str = "grant_keys";
/// For how long a key is published after its last grant expired: the clocks of verifiers differ.
const SKEW_SECONDS: f64 = 60.0;

/// Bytes of a sealed private key: nonce, key and tag.
pub const SEALED_GRANT_KEY_BYTES: usize = 60;

/// A key pair to store.
#[derive(Clone, Debug)]
pub struct NewGrantKey {
    /// Its name: RFC 7638 thumbprint, base64url.
    pub kid: String,
    /// Ed25519 public key.
    pub public_key: [u8; 32],
    /// The private key as it is stored, sealed.
    pub sealed_key: [u8; SEALED_GRANT_KEY_BYTES],
}

/// What a key is for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKeyPhase {
    /// Signs later.
    Next,
    /// Signs now.
    Signing,
    /// Signed before; some of its grants may not have expired.
    Past,
}

/// A key pair that verifiers must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantKey {
    /// Its name.
    pub kid: String,
    /// Ed25519 public key.
    pub public_key: [u8; 32],
    /// The private key, sealed. `None`: it was removed, since it signs no more.
    pub sealed_key: Option<[u8; SEALED_GRANT_KEY_BYTES]>,
    /// What it is for.
    pub phase: GrantKeyPhase,
    /// When it begins or began to sign, in seconds since the Unix epoch.
    pub signs_from: u64,
}

impl Store {
    /// The keys that verifiers must know, the newest first: the next one, the one that signs, and those of grants that may
    /// not have expired.
    pub async fn grant_keys(&self) -> Result<Vec<GrantKey>, StoreError> {
        let rows = sqlx::query(
            "WITH signing AS (SELECT max(signs_from) AS since FROM grant_keys WHERE signs_from <= now())
             SELECT k.kid, k.public_key, k.sealed_key, k.signs_from > now() AS is_next,
                    k.signs_from = s.since AS is_signing, floor(extract(epoch FROM k.signs_from))::bigint AS signs_from
             FROM grant_keys k CROSS JOIN signing s
             WHERE k.signs_from >= coalesce(s.since, '-infinity')
                OR EXISTS (SELECT 1 FROM session_grants g WHERE g.kid = k.kid
                           AND g.expires_at > now() - make_interval(secs => $1))
             ORDER BY k.signs_from DESC",
        )
        .bind(SKEW_SECONDS)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let length = |_| StoreError::corrupt(TABLE, "length");
                let sealed: Option<&[u8]> = row.try_get("sealed_key")?;
                Ok(GrantKey {
                    kid: row.try_get("kid")?,
                    public_key: row.try_get::<&[u8], _>("public_key")?.try_into().map_err(length)?,
                    sealed_key: sealed.map(TryInto::try_into).transpose().map_err(length)?,
                    phase: match (row.try_get("is_next")?, row.try_get::<Option<bool>, _>("is_signing")?) {
                        (true, _) => GrantKeyPhase::Next,
                        (false, Some(true)) => GrantKeyPhase::Signing,
                        (false, _) => GrantKeyPhase::Past,
                    },
                    signs_from: crate::convert::unsigned(row, TABLE, "signs_from")?,
                })
            })
            .collect()
    }

    /// Stores a key if one is missing. The first signs at once; the next after `period` of the one before, and not before
    /// verifiers had `lead` to learn of it. False: none is missing, somebody else was faster.
    pub async fn add_grant_key(&self, key: &NewGrantKey, period: Duration, lead: Duration) -> Result<bool, StoreError> {
        let mut tx = self.lock_grant_keys().await?;
        let added = sqlx::query(
            "INSERT INTO grant_keys (kid, public_key, sealed_key, created_at, signs_from)
             SELECT $1, $2, $3, t.now,
                    CASE WHEN newest.since IS NULL THEN t.now
                         ELSE greatest(newest.since + make_interval(secs => $4), t.now + make_interval(secs => $5)) END
             FROM (SELECT max(signs_from) AS since FROM grant_keys) newest, (SELECT clock_timestamp() AS now) t
             WHERE newest.since IS NULL OR newest.since <= t.now",
        )
        .bind(&key.kid)
        .bind(key.public_key)
        .bind(key.sealed_key)
        .bind(period.as_secs_f64())
        .bind(lead.as_secs_f64())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(added.rows_affected() > 0)
    }

    /// Lets the next key sign as soon as verifiers had `lead` to learn of it. False: there is no next key.
    pub async fn hasten_grant_key(&self, lead: Duration) -> Result<bool, StoreError> {
        let mut tx = self.lock_grant_keys().await?;
        let moved = sqlx::query(
            "UPDATE grant_keys SET signs_from =
                 least(signs_from, greatest(created_at + make_interval(secs => $1), clock_timestamp()))
             WHERE signs_from > clock_timestamp()",
        )
        .bind(lead.as_secs_f64())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(moved.rows_affected() > 0)
    }

    /// Removes all keys, and stores this one, which signs at once: every grant so far is void.
    pub async fn replace_grant_keys(&self, key: &NewGrantKey) -> Result<(), StoreError> {
        let mut tx = self.lock_grant_keys().await?;
        sqlx::query("UPDATE session_grants SET revoked_at = now() WHERE revoked_at IS NULL").execute(&mut *tx).await?;
        sqlx::query("DELETE FROM grant_keys").execute(&mut *tx).await?;
        sqlx::query(
            "INSERT INTO grant_keys (kid, public_key, sealed_key, created_at, signs_from)
             SELECT $1, $2, $3, t.now, t.now FROM (SELECT clock_timestamp() AS now) t",
        )
        .bind(&key.kid)
        .bind(key.public_key)
        .bind(key.sealed_key)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Removes the private part of keys that signed before, and all of those whose grants have expired.
    pub async fn retire_grant_keys(&self) -> Result<(), StoreError> {
        let mut tx = self.lock_grant_keys().await?;
        // A minute after its successor began nobody signs with a key any more.
        for statement in [
            "UPDATE grant_keys k SET sealed_key = NULL
             WHERE sealed_key IS NOT NULL AND EXISTS
                 (SELECT 1 FROM grant_keys n WHERE n.signs_from > k.signs_from
                  AND n.signs_from <= now() - make_interval(secs => $1))",
            "DELETE FROM grant_keys k
             WHERE sealed_key IS NULL AND NOT EXISTS
                 (SELECT 1 FROM session_grants g WHERE g.kid = k.kid
                  AND g.expires_at > now() - make_interval(secs => $1))",
        ] {
            sqlx::query(statement).bind(SKEW_SECONDS).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A transaction that alone may change which keys there are.
    async fn lock_grant_keys(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('veilpass.grant-keys', 0))")
            .execute(&mut *tx)
            .await?;
        Ok(tx)
    }
}
