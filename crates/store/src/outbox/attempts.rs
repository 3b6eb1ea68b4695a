//! Transactions: recorded before they are sent, until they landed or cannot land any more.

use std::time::Duration;

use sqlx::Row;

use super::IntentLease;
use crate::{
    Store, StoreError,
    convert::{bigint, unsigned},
};

/// What a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainStep {
    /// Publishes a root.
    PublishRoot,
    /// Opens a proof buffer and writes its beginning.
    OpenBuffer,
    /// Writes a part of a proof buffer.
    WriteBuffer,
    /// Has a proof checked.
    Verify,
    /// Closes a proof buffer that was not used up.
    CloseBuffer,
    /// Closes nullifiers whose epoch is over.
    CloseNullifiers,
}

impl ChainStep {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::PublishRoot,
        Self::OpenBuffer,
        Self::WriteBuffer,
        Self::Verify,
        Self::CloseBuffer,
        Self::CloseNullifiers,
    ];

    /// Its name in the database and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PublishRoot => "publish_root",
            Self::OpenBuffer => "open_buffer",
            Self::WriteBuffer => "write_buffer",
            Self::Verify => "verify",
            Self::CloseBuffer => "close_buffer",
            Self::CloseNullifiers => "close_nullifiers",
        }
    }

    /// Whether it does what its intent asks for, so that its signature is the intent's.
    const fn decides(self) -> bool {
        matches!(self, Self::PublishRoot | Self::Verify)
    }
}

/// A signed transaction.
#[derive(Clone, Debug)]
pub struct ChainAttempt {
    /// Its signature, in base 58.
    pub signature: String,
    /// What it does.
    pub step: ChainStep,
    /// Its bytes.
    pub signed: Vec<u8>,
    /// It cannot land in a block above this height.
    pub last_valid_block_height: u64,
    /// The most that it takes for good.
    pub lamports: u64,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// It succeeded in this slot.
    Landed(u64),
    /// It failed in this slot, and cost its fee.
    Refused(u64),
    /// It can never land.
    Expired,
}

/// Whether a transaction may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptRecorded {
    /// It is recorded: send it.
    Yes,
    /// The lease is lost: do not send it.
    LeaseLost,
    /// The very same transaction was recorded before: wait for another blockhash.
    Repeated,
    /// It would exceed the limit of a day: do not send it now.
    OverLimit {
        /// Lamports of the last 24 hours.
        spent: u64,
    },
}

const SPENT: &str = "SELECT coalesce(sum(lamports), 0)::bigint AS spent FROM chain_attempts
    WHERE created_at > now() - interval '24 h' AND outcome IS DISTINCT FROM 'expired'";
/// Spending is counted by one at a time.
const SPENDING_LOCK: i64 = 0x7665_696c_7061_7373;

impl Store {
    /// Records a transaction that is about to be sent, if the intent is still ours (`None`: housekeeping) and the
    /// spending of 24 hours stays within the limit.
    pub async fn record_attempt(
        &self,
        lease: Option<IntentLease>,
        attempt: &ChainAttempt,
        daily_limit: u64,
    ) -> Result<AttemptRecorded, StoreError> {
        let mut tx = self.pool.begin().await?;
        if let Some(lease) = lease {
            let held = sqlx::query(
                "UPDATE chain_outbox SET updated_at = now(),
                     state = CASE WHEN $3 THEN 'sent' ELSE state END,
                     tx_signature = CASE WHEN $3 THEN $4 ELSE tx_signature END
                 WHERE id = $1 AND lease_id = $2",
            )
            .bind(lease.outbox_id)
            .bind(lease.lease_id)
            .bind(attempt.step.decides())
            .bind(&attempt.signature)
            .execute(&mut *tx)
            .await?;
            if held.rows_affected() == 0 {
                return Ok(AttemptRecorded::LeaseLost);
            }
        }
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SPENDING_LOCK).execute(&mut *tx).await?;
        let spent = unsigned(&sqlx::query(SPENT).fetch_one(&mut *tx).await?, "chain_attempts", "spent")?;
        if spent.saturating_add(attempt.lamports) > daily_limit {
            return Ok(AttemptRecorded::OverLimit { spent });
        }
        let added = sqlx::query(
            "INSERT INTO chain_attempts (tx_signature, outbox_id, step, signed, last_valid_block_height, lamports)
             VALUES ($1, $2, $3::chain_step, $4, $5, $6) ON CONFLICT (tx_signature) DO NOTHING",
        )
        .bind(&attempt.signature)
        .bind(lease.map(|lease| lease.outbox_id))
        .bind(attempt.step.name())
        .bind(&attempt.signed)
        .bind(bigint(attempt.last_valid_block_height))
        .bind(bigint(attempt.lamports))
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            return Ok(AttemptRecorded::Repeated);
        }
        tx.commit().await?;
        Ok(AttemptRecorded::Yes)
    }

    /// Transactions of an intent that may still land.
    pub async fn open_attempts(&self, outbox_id: i64) -> Result<Vec<ChainAttempt>, StoreError> {
        self.attempts("outbox_id = $1 AND outcome IS NULL", outbox_id).await
    }

    /// Housekeeping's transactions of at least that age that nobody has seen the end of.
    pub async fn forgotten_housekeeping(&self, age: Duration) -> Result<Vec<ChainAttempt>, StoreError> {
        let condition = "outbox_id IS NULL AND outcome IS NULL AND created_at < now() - make_interval(secs => $1)";
        self.attempts(condition, age.as_secs() as i64).await
    }

    async fn attempts(&self, condition: &str, parameter: i64) -> Result<Vec<ChainAttempt>, StoreError> {
        const TABLE: &str = "chain_attempts";
        let rows = sqlx::query(&format!(
            "SELECT tx_signature, step::text AS step, signed, last_valid_block_height, lamports
             FROM chain_attempts WHERE {condition} ORDER BY created_at"
        ))
        .bind(parameter)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let step: &str = row.try_get("step")?;
                Ok(ChainAttempt {
                    signature: row.try_get("tx_signature")?,
                    step: (ChainStep::ALL.into_iter().find(|known| known.name() == step))
                        .ok_or_else(|| StoreError::corrupt(TABLE, "step"))?,
                    signed: row.try_get("signed")?,
                    last_valid_block_height: unsigned(row, TABLE, "last_valid_block_height")?,
                    lamports: unsigned(row, TABLE, "lamports")?,
                })
            })
            .collect()
    }

    /// Records what became of a transaction. Whoever comes second changes nothing.
    pub async fn end_attempt(&self, signature: &str, outcome: AttemptOutcome) -> Result<(), StoreError> {
        let (name, slot) = match outcome {
            AttemptOutcome::Landed(slot) => ("landed", Some(slot)),
            AttemptOutcome::Refused(slot) => ("refused", Some(slot)),
            AttemptOutcome::Expired => ("expired", None),
        };
        sqlx::query(
            "UPDATE chain_attempts SET outcome = $2::chain_outcome, slot = $3, ended_at = now(), signed = NULL
             WHERE tx_signature = $1 AND outcome IS NULL",
        )
        .bind(signature)
        .bind(name)
        .bind(slot.map(bigint))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How many transactions of an intent expired in the last minutes: a reason to offer more.
    pub async fn expired_attempts(&self, outbox_id: i64) -> Result<u64, StoreError> {
        let row = sqlx::query(
            "SELECT count(*) AS expired FROM chain_attempts
             WHERE outbox_id = $1 AND outcome = 'expired' AND ended_at > now() - interval '15 min'",
        )
        .bind(outbox_id)
        .fetch_one(&self.pool)
        .await?;
        unsigned(&row, "chain_attempts", "expired")
    }

    /// Lamports spent in the last 24 hours, at most.
    pub async fn spent_in_a_day(&self) -> Result<u64, StoreError> {
        unsigned(&sqlx::query(SPENT).fetch_one(&self.pool).await?, "chain_attempts", "spent")
    }
}
