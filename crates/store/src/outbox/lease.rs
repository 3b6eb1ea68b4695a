//! Leasing, keeping and ending an intent: the relayer's side.

use std::time::Duration;

use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;
use veilpass_protocol::{Context, MerkleRoot, Nullifier, PublicInputs, RegistryId, TrackId};

use super::settlement;
use crate::{
    Store, StoreError,
    convert::{element, epoch, unsigned},
    pending::newest_that_counts,
};

/// An intent that this relayer acts on.
#[derive(Clone, Debug)]
pub struct LeasedIntent {
    /// The fence.
    pub lease: IntentLease,
    /// Registry that it concerns.
    pub registry_id: RegistryId,
    /// Whether the chain was seen to have done it, though not yet for good.
    pub is_confirmed: bool,
    /// How often it was put off after something failed.
    pub attempts: u32,
    /// For how long it has existed.
    pub age: Duration,
    /// What to do.
    pub task: IntentTask,
}

/// Proves that an intent is still ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntentLease {
    /// The intent.
    pub outbox_id: i64,
    /// Changes with each lease.
    pub lease_id: Uuid,
}

/// What an intent asks for, with all that it takes.
#[derive(Clone, Debug)]
pub enum IntentTask {
    /// Publish a root.
    PublishRoot {
        /// Its number.
        root_seq: u64,
        /// Its value.
        root: MerkleRoot,
        /// Whether it includes a revocation, so that all earlier roots end with it.
        revoke_earlier: bool,
    },
    /// Settle an accepted proof.
    Settle {
        /// The verification.
        verification_id: Uuid,
        /// What the proof is about.
        public_inputs: PublicInputs,
        /// Number of its root.
        root_seq: u64,
        /// The proof. `None` once it was settled or refused.
        proof: Option<Vec<u8>>,
        /// Names its proof buffer: nobody else can guess it, and whoever takes over finds the same.
        buffer_seed: Uuid,
    },
}

/// How a lease ends.
#[derive(Clone, Copy, Debug)]
pub enum IntentEnd<'a> {
    /// Nothing can be done now: look again later.
    Wait {
        /// How much later.
        after: Duration,
    },
    /// An attempt failed: try again later.
    Retry {
        /// How much later.
        after: Duration,
        /// What failed.
        error: &'a str,
    },
    /// The chain has done it; a fork may still undo it.
    Confirmed {
        /// When to see whether it is final.
        after: Duration,
    },
    /// The chain has done it for good.
    Final,
    /// The chain refuses it, for good.
    Failed {
        /// The program's error, if it is one.
        code: Option<u32>,
        /// What it means.
        words: &'a str,
        /// Whether the chain says that the nullifier was spent: it stays so here. Otherwise it is free again.
        nullifier_spent: bool,
    },
}

/// Of an intent, all that it takes.
fn select_task() -> String {
    let earlier = newest_that_counts("p.seq < r.seq");
    format!(
        "SELECT o.registry_id, o.root_seq, o.verification_id, o.buffer_seed, r.root,
                EXISTS (SELECT 1 FROM leaf_changes c
                        WHERE c.registry_id = o.registry_id AND c.leaf_hash = decode(repeat('00', 32), 'hex')
                          AND c.seq <= r.change_seq AND c.seq > coalesce(earlier.change_seq, 0)) AS revokes,
                v.track_id, v.root_seq AS proof_root_seq, v.nullifier, v.context, n.epoch::text AS epoch, p.proof
         FROM chain_outbox o
         LEFT JOIN verifications v ON v.id = o.verification_id
         LEFT JOIN nullifiers n ON n.hash = v.nullifier
         LEFT JOIN settlement_proofs p ON p.verification_id = v.id
         JOIN roots r ON r.registry_id = o.registry_id AND r.seq = coalesce(o.root_seq, v.root_seq)
         LEFT JOIN LATERAL ({earlier}) earlier ON true
         WHERE o.id = $1"
    )
}

fn task(row: &PgRow) -> Result<IntentTask, StoreError> {
    let root = element(row, "roots", "root", MerkleRoot::new)?;
    let Some(verification_id) = row.try_get("verification_id")? else {
        let root_seq = unsigned(row, "chain_outbox", "root_seq")?;
        return Ok(IntentTask::PublishRoot { root_seq, root, revoke_earlier: row.try_get("revokes")? });
    };
    const TABLE: &str = "verifications";
    Ok(IntentTask::Settle {
        verification_id,
        public_inputs: PublicInputs {
            registry_id: element(row, "chain_outbox", "registry_id", RegistryId::new)?,
            merkle_root: root,
            track_id: element(row, TABLE, "track_id", TrackId::new)?,
            epoch: epoch(row, "nullifiers")?,
            nullifier: element(row, TABLE, "nullifier", Nullifier::new)?,
            context: element(row, TABLE, "context", Context::new)?,
        },
        root_seq: unsigned(row, TABLE, "proof_root_seq")?,
        proof: row.try_get("proof")?,
        buffer_seed: row.try_get("buffer_seed")?,
    })
}

impl Store {
    /// Leases the open intent that waits longest, if there is one: a root before any settlement, since there may be a
    /// revocation in it. Those that others hold are skipped, not waited for, and so is a root while the one before it is not
    /// on the chain.
    pub async fn lease_intent(&self, relayer: &str, duration: Duration) -> Result<Option<LeasedIntent>, StoreError> {
        let lease_id = Uuid::new_v4();
        let row = sqlx::query(
            "UPDATE chain_outbox SET lease_id = $1, leased_by = $2, updated_at = now(),
                    lease_expires_at = now() + make_interval(secs => $3)
             WHERE id = (SELECT id FROM chain_outbox o
                         WHERE state IN ('pending', 'sent', 'confirmed') AND not_before <= now()
                           AND (lease_expires_at IS NULL OR lease_expires_at < now())
                           AND NOT EXISTS (SELECT 1 FROM chain_outbox b
                                           WHERE b.registry_id = o.registry_id AND b.root_seq = o.root_seq - 1
                                             AND b.state IN ('pending', 'sent'))
                         ORDER BY root_seq IS NULL, not_before, id LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING id, registry_id, state = 'confirmed' AS is_confirmed, attempts,
                       greatest(extract(epoch FROM now() - created_at), 0)::float8 AS age",
        )
        .bind(lease_id)
        .bind(relayer)
        .bind(duration.as_secs_f64())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let outbox_id: i64 = row.try_get("id")?;
        let task = task(&sqlx::query(&select_task()).bind(outbox_id).fetch_one(&self.pool).await?)?;
        Ok(Some(LeasedIntent {
            lease: IntentLease { outbox_id, lease_id },
            registry_id: element(&row, "chain_outbox", "registry_id", RegistryId::new)?,
            is_confirmed: row.try_get("is_confirmed")?,
            attempts: row.try_get::<i32, _>("attempts")?.unsigned_abs(),
            age: Duration::from_secs_f64(row.try_get("age")?),
            task,
        }))
    }

    /// How many intents are neither final nor failed.
    pub async fn open_intents(&self) -> Result<u64, StoreError> {
        let count = "SELECT count(*) AS open FROM chain_outbox WHERE state IN ('pending', 'sent', 'confirmed')";
        unsigned(&sqlx::query(count).fetch_one(&self.pool).await?, "chain_outbox", "open")
    }

    /// Extends a lease. `false`: it is lost, and the work on it should stop.
    pub async fn keep_intent(&self, lease: IntentLease, duration: Duration) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE chain_outbox SET lease_expires_at = now() + make_interval(secs => $3)
             WHERE id = $1 AND lease_id = $2",
        )
        .bind(lease.outbox_id)
        .bind(lease.lease_id)
        .bind(duration.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Names another proof buffer for an intent, when the account of the one before cannot be made. `false`: the lease
    /// is lost.
    pub async fn renew_buffer_seed(&self, lease: IntentLease) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE chain_outbox SET buffer_seed = gen_random_uuid(), updated_at = now()
             WHERE id = $1 AND lease_id = $2",
        )
        .bind(lease.outbox_id)
        .bind(lease.lease_id)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a lease. With the intent ends its proof; a verification that the chain refused holds no more. `false`: the
    /// lease was lost, and nothing was changed.
    pub async fn end_intent(&self, lease: IntentLease, end: IntentEnd<'_>) -> Result<bool, StoreError> {
        let (state, after, code, error, failures) = match end {
            IntentEnd::Wait { after } => (None, after, None, None, 0),
            IntentEnd::Retry { after, error } => (None, after, None, Some(error), 1),
            IntentEnd::Confirmed { after } => (Some("confirmed"), after, None, None, 0),
            IntentEnd::Final => (Some("final"), Duration::ZERO, None, None, 0),
            IntentEnd::Failed { code, words, .. } => (Some("failed"), Duration::ZERO, code, Some(words), 0),
        };
        let mut tx = self.pool.begin().await?;
        let row = sqlx::query(
            "UPDATE chain_outbox SET
                 state = coalesce($3::chain_state, state), error_code = $5,
                 last_error = CASE WHEN $3 IN ('confirmed', 'final') THEN NULL
                                   ELSE coalesce(left($6, 1000), last_error) END,
                 attempts = attempts + $7, not_before = now() + make_interval(secs => $4),
                 lease_id = NULL, leased_by = NULL, lease_expires_at = NULL, updated_at = now()
             WHERE id = $1 AND lease_id = $2 RETURNING verification_id",
        )
        .bind(lease.outbox_id)
        .bind(lease.lease_id)
        .bind(state)
        .bind(after.as_secs_f64())
        .bind(code.map(u32::cast_signed))
        .bind(error)
        .bind(failures)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let verification: Option<Uuid> = row.try_get("verification_id")?;
        if let (Some(verification), IntentEnd::Final | IntentEnd::Failed { .. }) = (verification, end) {
            settlement::forget_proof(&mut tx, verification).await?;
        }
        if let (Some(verification), IntentEnd::Failed { nullifier_spent, .. }) = (verification, end) {
            settlement::refuse(&mut tx, verification, nullifier_spent).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}
