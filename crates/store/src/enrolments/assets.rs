//! Which tokens unlock which track.

use veilpass_protocol::{RegistryId, TokenId, TrackId};

use crate::{Store, StoreError, convert::element};

impl Store {
    /// Whether a token unlocks a track.
    pub async fn unlocks(&self, registry: RegistryId, track: TrackId, token: TokenId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM track_assets WHERE registry_id = $1 AND track_id = $2 AND token_id = $3")
            .bind(registry.to_be_bytes())
            .bind(track.to_be_bytes())
            .bind(token.to_be_bytes())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// The tokens that unlock a track, in ascending order, at most `limit` of those above `after`.
    pub async fn track_assets(
        &self,
        registry: RegistryId,
        track: TrackId,
        after: Option<TokenId>,
        limit: u32,
    ) -> Result<Vec<TokenId>, StoreError> {
        let rows = sqlx::query(
            "SELECT token_id FROM track_assets
             WHERE registry_id = $1 AND track_id = $2 AND ($3::bytea IS NULL OR token_id > $3) ORDER BY token_id LIMIT $4",
        )
        .bind(registry.to_be_bytes())
        .bind(track.to_be_bytes())
        .bind(after.map(|token| token.to_be_bytes()))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| element(row, "track_assets", "token_id", TokenId::new)).collect()
    }

    /// Lets tokens unlock a track. Returns how many did not before.
    pub async fn allow_assets(
        &self,
        registry: RegistryId,
        track: TrackId,
        tokens: &[TokenId],
    ) -> Result<u64, StoreError> {
        let tokens: Vec<_> = tokens.iter().map(|token| token.to_be_bytes().to_vec()).collect();
        let added = sqlx::query(
            "INSERT INTO track_assets (registry_id, track_id, token_id) SELECT $1, $2, unnest($3::bytea[])
             ON CONFLICT DO NOTHING",
        )
        .bind(registry.to_be_bytes())
        .bind(track.to_be_bytes())
        .bind(tokens)
        .execute(&self.pool)
        .await?;
        Ok(added.rows_affected())
    }
}
