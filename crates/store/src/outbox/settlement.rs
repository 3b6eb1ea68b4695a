//! Proofs that are to be settled on the chain, and how far they are.

use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::{Store, StoreError};

/// How far the chain is with a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// How far.
    pub state: SettlementState,
    /// Signature of the transaction that has the proof checked, once there is one.
    pub tx_signature: Option<String>,
    /// The program's error, if it refused.
    pub error_code: Option<u32>,
    /// What went wrong, in words: for good if it failed, else the last time.
    pub last_error: Option<String>,
}

/// How far a settlement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementState {
    /// Nothing was sent yet.
    Accepted,
    /// The proof is on its way into its buffer.
    Uploading,
    /// The check was sent.
    Verifying,
    /// The proof was accepted; a fork may still undo it.
    Confirmed,
    /// The proof was accepted for good.
    Final,
    /// The proof was refused for good.
    Failed,
}

/// Adds the intent to settle a verification, with its proof. Does nothing if there is one already.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    verification: Uuid,
    proof: &[u8],
) -> Result<bool, sqlx::Error> {
    let added = sqlx::query(
        "INSERT INTO chain_outbox (intent, registry_id, verification_id)
         SELECT 'settle_verification', registry_id, id FROM verifications WHERE id = $1
         ON CONFLICT (verification_id) DO NOTHING",
    )
    .bind(verification)
    .execute(&mut *connection)
    .await?;
    if added.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("INSERT INTO settlement_proofs (verification_id, proof) VALUES ($1, $2)")
        .bind(verification)
        .bind(proof)
        .execute(connection)
        .await?;
    Ok(true)
}

/// Deletes a proof that is not needed any more.
pub(super) async fn forget_proof(connection: &mut PgConnection, verification: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM settlement_proofs WHERE verification_id = $1")
        .bind(verification)
        .execute(connection)
        .await?;
    Ok(())
}

/// A verification that the chain refused holds no more. Unless the chain has its nullifier, neither has this database: the
/// listener may try again.
pub(super) async fn refuse(connection: &mut PgConnection, verification: Uuid, spent: bool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE verifications SET refused_at = now() WHERE id = $1")
        .bind(verification)
        .execute(&mut *connection)
        .await?;
    if !spent {
        sqlx::query(
            "DELETE FROM nullifiers n USING verifications v
             WHERE v.id = $1 AND n.hash = v.nullifier AND n.tx_signature IS NULL",
        )
        .bind(verification)
        .execute(connection)
        .await?;
    }
    Ok(())
}

impl Store {
    /// How far the chain is with a verification. `None`: it is not to be settled there.
    pub async fn settlement(&self, verification: Uuid) -> Result<Option<Settlement>, StoreError> {
        let row = sqlx::query(
            "SELECT state::text AS state, tx_signature, error_code, last_error,
                    EXISTS (SELECT 1 FROM chain_attempts a WHERE a.outbox_id = o.id) AS begun
             FROM chain_outbox o WHERE verification_id = $1",
        )
        .bind(verification)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let state = match row.try_get("state")? {
            "pending" if row.try_get("begun")? => SettlementState::Uploading,
            "pending" => SettlementState::Accepted,
            "sent" => SettlementState::Verifying,
            "confirmed" => SettlementState::Confirmed,
            "final" => SettlementState::Final,
            "failed" => SettlementState::Failed,
            _ => return Err(StoreError::corrupt("chain_outbox", "state")),
        };
        Ok(Some(Settlement {
            state,
            tx_signature: row.try_get("tx_signature")?,
            error_code: row.try_get::<Option<i32>, _>("error_code")?.map(i32::cast_unsigned),
            last_error: row.try_get("last_error")?,
        }))
    }
}
