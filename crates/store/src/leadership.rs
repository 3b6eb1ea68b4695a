//! A role that one process at a time has.

use sqlx::{Connection, PgConnection};

use crate::{Store, StoreError};

/// The role is ours, for as long as this connection lives: Postgres gives it to another when the connection ends, however it
/// ends.
#[derive(Debug)]
pub struct Leadership {
    connection: PgConnection,
}

impl Store {
    /// Takes a role if nobody has it. The lock is the server's advisory lock of the role's name.
    pub async fn try_lead(&self, role: &str) -> Result<Option<Leadership>, StoreError> {
        // A connection of its own: one that returns to the pool would be used by others, lock and all.
        let mut connection = self.pool.acquire().await?.detach();
        let is_ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
            .bind(role)
            .fetch_one(&mut connection)
            .await?;
        if is_ours {
            return Ok(Some(Leadership { connection }));
        }
        let _ = connection.close().await;
        Ok(None)
    }
}

impl Leadership {
    /// Whether the role is still ours: the connection lives.
    pub async fn is_held(&mut self) -> bool {
        self.connection.ping().await.is_ok()
    }

    /// Gives the role up at once.
    pub async fn resign(mut self) {
        // Before the connection ends, which the server may notice later.
        let _ = sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut self.connection).await;
        let _ = self.connection.close().await;
    }
}
