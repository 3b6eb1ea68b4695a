//! What the outbox says of a settlement.

use uuid::Uuid;

use crate::world::World;

/// The row of a settlement's intent.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Settlement {
    /// `pending`, `sent`, `confirmed`, `final` or `failed`.
    pub(crate) state: String,
    pub(crate) tx_signature: Option<String>,
    /// The program's.
    pub(crate) error_code: Option<i32>,
    pub(crate) last_error: Option<String>,
    /// Of its transactions.
    pub(crate) attempts: i64,
}

impl World {
    pub(crate) async fn settlement(&self, verification: Uuid) -> Settlement {
        sqlx::query_as(
            "SELECT state::text AS state, tx_signature, error_code, last_error,
                    (SELECT count(*) FROM chain_attempts a WHERE a.outbox_id = o.id) AS attempts
             FROM chain_outbox o WHERE verification_id = $1",
        )
        .bind(verification)
        .fetch_one(&self.database)
        .await
        .unwrap()
    }
}
