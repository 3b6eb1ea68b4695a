//! Public keys of the provers.

use std::time::Duration;

use sqlx::Row;
use veilpass_protocol::ProverKeyId;

use crate::{Store, StoreError};

/// A key that a live prover holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnnouncedKey {
    /// Its name.
    pub id: ProverKeyId,
    /// X25519 public key.
    pub public_key: [u8; 32],
}

impl Store {
    /// Announces a key, or says that its prover still lives: clients may seal to it for `lifetime` from now.
    pub async fn announce_prover_key(&self, public_key: &[u8; 32], lifetime: Duration) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO prover_keys (id, public_key, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))
             ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at",
        )
        .bind(ProverKeyId::of_public_key(public_key).to_bytes())
        .bind(public_key)
        .bind(lifetime.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The keys of live provers, the newest first.
    pub async fn prover_keys(&self) -> Result<Vec<AnnouncedKey>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, public_key FROM prover_keys WHERE expires_at > now() ORDER BY announced_at DESC, id LIMIT 16",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let bytes = |_| StoreError::corrupt("prover_keys", "length");
                Ok(AnnouncedKey {
                    id: ProverKeyId::from_bytes(row.try_get::<&[u8], _>("id")?.try_into().map_err(bytes)?),
                    public_key: row.try_get::<&[u8], _>("public_key")?.try_into().map_err(bytes)?,
                })
            })
            .collect()
    }
}
