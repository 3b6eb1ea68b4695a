//! Public keys of the provers.

use std::time::Duration;

use sqlx::Row;
use veilpass_protocol::ProverKeyId;

use crate::{Store, StoreError, convert::unsigned};

/// A key that a live prover holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnouncedKey {
    /// Its name.
    pub id: ProverKeyId,
    /// X25519 public key.
    pub public_key: [u8; 32],
    /// Since when, in Unix seconds.
    pub not_before: u64,
    /// Until when clients may seal to it at least, in Unix seconds: later, while its prover lives and it does not retire.
    pub expires_at: u64,
    /// A newer key has taken its place.
    pub is_retiring: bool,
}

impl Store {
    /// Announces a key, or says that its prover still lives: clients may seal to it for `lifetime` from now.
    pub async fn announce_prover_key(&self, public_key: &[u8; 32], lifetime: Duration) -> Result<(), StoreError> {
        self.announce(public_key, lifetime, None).await
    }

    /// The same of a key whose place a newer one has taken, and that is opened for `remaining` only.
    pub async fn announce_retiring_key(
        &self,
        public_key: &[u8; 32],
        lifetime: Duration,
        remaining: Duration,
    ) -> Result<(), StoreError> {
        self.announce(public_key, lifetime.min(remaining), Some(remaining)).await
    }

    async fn announce(
        &self,
        public_key: &[u8; 32],
        lifetime: Duration,
        remaining: Option<Duration>,
    ) -> Result<(), StoreError> {
        // Once it retires it does not come back: a prover that has not heard of the newer key does not change that.
        sqlx::query(
            "INSERT INTO prover_keys AS known (id, public_key, expires_at, retires_at)
             VALUES ($1, $2, now() + make_interval(secs => $3), now() + make_interval(secs => $4))
             ON CONFLICT (id) DO UPDATE SET retires_at = least(known.retires_at, excluded.retires_at),
                 expires_at = least(excluded.expires_at, known.retires_at)",
        )
        .bind(ProverKeyId::of_public_key(public_key).to_bytes())
        .bind(public_key)
        .bind(lifetime.as_secs_f64())
        .bind(remaining.map(|remaining| remaining.as_secs_f64()))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The keys of live provers, the newest first, and those that retire after all others.
    pub async fn prover_keys(&self) -> Result<Vec<AnnouncedKey>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, public_key, floor(extract(epoch FROM announced_at))::bigint AS not_before,
                    floor(extract(epoch FROM expires_at))::bigint AS expires_at, retires_at IS NOT NULL AS is_retiring
             FROM prover_keys WHERE expires_at > now() ORDER BY retires_at IS NOT NULL, announced_at DESC, id LIMIT 16",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let bytes = |_| StoreError::corrupt("prover_keys", "length");
                Ok(AnnouncedKey {
                    id: ProverKeyId::from_bytes(row.try_get::<&[u8], _>("id")?.try_into().map_err(bytes)?),
                    public_key: row.try_get::<&[u8], _>("public_key")?.try_into().map_err(bytes)?,
                    not_before: unsigned(row, "prover_keys", "not_before")?,
                    expires_at: unsigned(row, "prover_keys", "expires_at")?,
                    is_retiring: row.try_get("is_retiring")?,
                })
            })
            .collect()
    }
}
