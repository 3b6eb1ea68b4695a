//! The outbox's tables, and what they should hold.

use sqlx::{PgPool, Row};
use uuid::Uuid;
use veilpass_store::IntentLease;

use super::{
    calls::Outcome,
    model::{Model, State, Task},
};
use crate::machines::signature;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IntentRow {
    root: Option<i64>,
    nullifier: Option<u64>,
    state: String,
    attempts: i32,
    transaction: Option<String>,
    error: Option<String>,
    code: Option<i32>,
    /// Number of the lease, and whether it expired.
    lease: Option<(usize, bool)>,
    is_due: bool,
    has_proof: bool,
    is_refused: bool,
    /// How many names its buffer had before this one.
    renewals: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TransactionRow {
    signature: String,
    intent: Option<usize>,
    outcome: Option<String>,
    is_kept: bool,
}

pub(crate) fn state_name(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Sent => "sent",
        State::Confirmed => "confirmed",
        State::Final => "final",
        State::Failed => "failed",
    }
}

/// What the tables should hold.
pub(crate) fn expected(model: &Model) -> (Vec<IntentRow>, Vec<TransactionRow>, Vec<u64>) {
    let intents = model.intents.iter().map(|intent| {
        let (root, nullifier) = match intent.task {
            Task::Root(number) => (Some(number.cast_signed()), None),
            Task::Settle(_, nullifier) => (None, Some(nullifier)),
        };
        IntentRow {
            root,
            nullifier,
            state: state_name(intent.state).to_owned(),
            attempts: intent.failures.cast_signed(),
            transaction: intent.transaction.map(signature),
            error: intent.error.map(str::to_owned),
            code: intent.code.map(u32::cast_signed),
            lease: intent.lease.map(|(lease, until)| (lease, until <= model.now)),
            is_due: intent.not_before.0 <= model.now,
            has_proof: nullifier.is_some() && intent.is_open(),
            is_refused: nullifier.is_some() && intent.state == State::Failed,
            renewals: intent.renewals,
        }
    });
    let transactions = model.transactions.iter().map(|transaction| TransactionRow {
        signature: signature(transaction.signature),
        intent: transaction.intent,
        outcome: transaction.outcome.map(|outcome| {
            let name = match outcome {
                Outcome::Landed => "landed",
                Outcome::Refused => "refused",
                Outcome::Expired => "expired",
            };
            name.to_owned()
        }),
        is_kept: transaction.outcome.is_none(),
    });
    (intents.collect(), transactions.collect(), model.spent_nullifiers.iter().copied().collect())
}

const INTENTS: &str = "SELECT o.id, o.root_seq, get_byte(v.nullifier, 31) AS nullifier, state::text AS state, attempts,
           o.tx_signature, last_error, error_code, lease_id, coalesce(lease_expires_at < now(), false) AS expired,
           not_before <= now() AS is_due, buffer_seed, v.refused_at IS NOT NULL AS is_refused,
           EXISTS (SELECT 1 FROM settlement_proofs p WHERE p.verification_id = v.id) AS has_proof
    FROM chain_outbox o LEFT JOIN verifications v ON v.id = o.verification_id ORDER BY o.id";
const TRANSACTIONS: &str = "SELECT tx_signature, outbox_id, outcome::text AS outcome, signed IS NOT NULL AS is_kept
    FROM chain_attempts ORDER BY created_at";
const NULLIFIERS: &str = "SELECT get_byte(hash, 31) FROM nullifiers ORDER BY hash";

/// What they hold. `intents` and `seeds` are what was seen of them so far, and grow.
pub(crate) async fn found(
    pool: &PgPool,
    leases: &[IntentLease],
    intents: &mut Vec<i64>,
    seeds: &mut Vec<Vec<Uuid>>,
) -> (Vec<IntentRow>, Vec<TransactionRow>, Vec<u64>) {
    let rows = sqlx::query(INTENTS).fetch_all(pool).await.unwrap();
    for row in &rows[intents.len()..] {
        intents.push(row.get("id"));
        seeds.push(vec![]);
    }
    let intent = |(row, seeds): (&sqlx::postgres::PgRow, &mut Vec<Uuid>)| {
        let (lease, seed): (Option<Uuid>, Uuid) = (row.get("lease_id"), row.get("buffer_seed"));
        let lease = lease.map(|lease| leases.iter().position(|known| known.lease_id == lease).unwrap());
        let renewals = seeds.iter().position(|known| *known == seed).unwrap_or_else(|| {
            seeds.push(seed);
            seeds.len() - 1
        });
        IntentRow {
            root: row.get("root_seq"),
            nullifier: row.get::<Option<i32>, _>("nullifier").map(|byte| u64::from(byte.unsigned_abs())),
            state: row.get("state"),
            attempts: row.get("attempts"),
            transaction: row.get("tx_signature"),
            error: row.get("last_error"),
            code: row.get("error_code"),
            lease: lease.map(|lease| (lease, row.get("expired"))),
            is_due: row.get("is_due"),
            has_proof: row.get("has_proof"),
            is_refused: row.get("is_refused"),
            renewals,
        }
    };
    let found = rows.iter().zip(seeds).map(intent).collect();
    let rows = sqlx::query(TRANSACTIONS).fetch_all(pool).await.unwrap();
    let transactions = rows.iter().map(|row| TransactionRow {
        signature: row.get("tx_signature"),
        intent: row.get::<Option<i64>, _>("outbox_id").map(|id| intents.iter().position(|known| *known == id).unwrap()),
        outcome: row.get("outcome"),
        is_kept: row.get("is_kept"),
    });
    let nullifiers: Vec<i32> = sqlx::query_scalar(NULLIFIERS).fetch_all(pool).await.unwrap();
    (found, transactions.collect(), nullifiers.iter().map(|byte| u64::from(byte.unsigned_abs())).collect())
}
