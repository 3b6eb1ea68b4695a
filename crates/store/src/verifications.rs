//! Accepted proofs: the nullifier and the verification, together or not at all.

use sqlx::Row;
use uuid::Uuid;
use veilpass_protocol::{Nullifier, PublicInputs};

use crate::{Store, StoreError, outbox::settlement};

/// A proof that was checked and whose nullifier is to be spent.
#[derive(Clone, Copy, Debug)]
pub struct VerificationRecord {
    /// Public inputs of the proof.
    pub public_inputs: PublicInputs,
    /// Number of the root that they name.
    pub root_seq: u64,
}

/// Why a verification was not recorded. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The nullifier was spent before.
    #[error("the nullifier was used before")]
    NullifierUsed,
    /// The root expired or was ended by a revocation since it was looked up.
    #[error("the root is no longer fresh")]
    RootNotFresh,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for RecordError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Whether a nullifier was spent. For an early answer only: [`Self::record_verification`] decides.
    pub async fn is_nullifier_used(&self, nullifier: Nullifier) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM nullifiers WHERE hash = $1")
            .bind(nullifier.to_be_bytes())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Spends the nullifier and records the verification in one transaction, which also holds the root fresh: of two
    /// calls with one nullifier exactly one succeeds, and a revocation cannot come between.
    pub async fn record_verification(&self, record: &VerificationRecord) -> Result<Uuid, RecordError> {
        self.record(record, None).await
    }

    /// The same, and in the same transaction the intent to settle the proof on the chain.
    pub async fn record_verification_to_settle(
        &self,
        record: &VerificationRecord,
        proof: &[u8],
    ) -> Result<Uuid, RecordError> {
        self.record(record, Some(proof)).await
    }

    async fn record(&self, record: &VerificationRecord, to_settle: Option<&[u8]>) -> Result<Uuid, RecordError> {
        let inputs = &record.public_inputs;
        let (registry, root_seq) = (inputs.registry_id.to_be_bytes(), record.root_seq.cast_signed());
        let mut tx = self.pool.begin().await?;
        // Shared lock on the registry's row: `publish_root` and `apply_chain_batch` move min_root_seq there.
        let fresh = sqlx::query(
            "SELECT 1 FROM roots r JOIN registries g ON g.id = r.registry_id
             WHERE r.registry_id = $1 AND r.seq = $2 AND r.root = $3
               AND r.expires_at > now() AND r.seq >= g.min_root_seq
               AND (NOT g.anchored OR r.chain_slot IS NOT NULL)
             FOR SHARE OF g",
        )
        .bind(registry)
        .bind(root_seq)
        .bind(inputs.merkle_root.to_be_bytes())
        .fetch_optional(&mut *tx)
        .await?;
        if fresh.is_none() {
            return Err(RecordError::RootNotFresh);
        }
        let spent = sqlx::query(
            "INSERT INTO nullifiers (hash, registry_id, track_id, epoch) VALUES ($1, $2, $3, $4::numeric)
             ON CONFLICT (hash) DO NOTHING",
        )
        .bind(inputs.nullifier.to_be_bytes())
        .bind(registry)
        .bind(inputs.track_id.to_be_bytes())
        .bind(inputs.epoch.0.to_string())
        .execute(&mut *tx)
        .await?;
        if spent.rows_affected() == 0 {
            return Err(RecordError::NullifierUsed);
        }
        let id = Uuid::new_v4();
        sqlx::query(
            "INSERT INTO verifications (id, registry_id, track_id, root_seq, nullifier, context, epoch)
             VALUES ($1, $2, $3, $4, $5, $6, $7::numeric)",
        )
        .bind(id)
        .bind(registry)
        .bind(inputs.track_id.to_be_bytes())
        .bind(root_seq)
        .bind(inputs.nullifier.to_be_bytes())
        .bind(inputs.context.to_be_bytes())
        .bind(inputs.epoch.0.to_string())
        .execute(&mut *tx)
        .await?;
        if let Some(proof) = to_settle {
            settlement::insert(&mut tx, id, proof).await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Numbers of spent nullifiers and of verifications that hold: equal, unless proofs were verified on chain only.
    pub async fn verification_counts(&self) -> Result<(u64, u64), StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM nullifiers) AS nullifiers, (SELECT count(*) FROM verifications
                     WHERE refused_at IS NULL AND overruled_by IS NULL) AS verifications",
        )
        .fetch_one(&self.pool)
        .await?;
        let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
        Ok((count("nullifiers")?, count("verifications")?))
    }
}
