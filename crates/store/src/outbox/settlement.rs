//! Proofs that are to be settled on the chain: the intent, the proof that it needs, and what its end means.

use sqlx::PgConnection;
use uuid::Uuid;

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
