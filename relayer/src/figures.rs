//! What the relayer tells: its metrics.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use veilpass_store::{AttemptOutcome, ChainAttempt, ChainStep, IntentEnd, IntentTask, LeasedIntent, RelayFigures};
use veilpass_telemetry::describe_alerts;

use crate::options::RelayerOptions;

const TRANSACTIONS: &str = "veilpass_relayer_transactions_total";
const LAMPORTS: &str = "veilpass_relayer_lamports_total";
const INTENTS: &str = "veilpass_relayer_intents_total";
const CONFIRMED: &str = "veilpass_relayer_confirmed_seconds";
const BALANCE: &str = "veilpass_relayer_balance_lamports";
const FLOOR: &str = "veilpass_relayer_balance_floor_lamports";
const SPENT: &str = "veilpass_relayer_spent_day_lamports";
const LIMIT: &str = "veilpass_relayer_daily_limit_lamports";
const PENDING: &str = "veilpass_outbox_pending";
const OLDEST: &str = "veilpass_outbox_oldest_seconds";
const ROOT_AGE: &str = "veilpass_root_age_seconds";
const ROOT_REMAINING: &str = "veilpass_root_remaining_ratio";
const ROOT_OVERDUE: &str = "veilpass_root_overdue_seconds";

/// Raised when the fee payer's balance is below its floor.
pub(crate) const BALANCE_LOW: &str = "balance_low";
/// Raised when nothing is sent because the limit of a day is reached.
pub(crate) const SPENDING_LIMIT: &str = "spending_limit";

const KINDS: [&str; 2] = ["settle", "publish"];
const OUTCOMES: [&str; 3] = ["landed", "refused", "expired"];

fn kind(intent: &LeasedIntent) -> &'static str {
    match intent.task {
        IntentTask::Settle { .. } => "settle",
        IntentTask::PublishRoot { .. } => "publish",
    }
}

/// The end of a transaction was seen.
pub(crate) fn transaction_ended(attempt: &ChainAttempt, outcome: AttemptOutcome) {
    let name = match outcome {
        AttemptOutcome::Landed(_) => "landed",
        AttemptOutcome::Refused(_) => "refused",
        AttemptOutcome::Expired => "expired",
    };
    let step = attempt.step.name();
    counter!(TRANSACTIONS, "step" => step, "outcome" => name).increment(1);
    if outcome != AttemptOutcome::Expired {
        counter!(LAMPORTS, "step" => step).increment(attempt.lamports);
    }
}

/// A lease of an intent has ended. That an intent waits its turn is no news.
pub(crate) fn intent_ended(intent: &LeasedIntent, end: IntentEnd<'_>) {
    let outcome = match end {
        IntentEnd::Confirmed { .. } | IntentEnd::Final if intent.is_confirmed => return,
        IntentEnd::Confirmed { .. } | IntentEnd::Final => "confirmed",
        IntentEnd::Failed { .. } => "failed",
        IntentEnd::Retry { .. } => "retried",
        IntentEnd::Wait { .. } => return,
    };
    counter!(INTENTS, "kind" => kind(intent), "outcome" => outcome).increment(1);
}

/// The chain has confirmed an intent that has existed for so long.
pub(crate) fn confirmed(intent: &LeasedIntent, since_lease: Duration) {
    histogram!(CONFIRMED, "kind" => kind(intent)).record((intent.age + since_lease).as_secs_f64());
}

/// What the fee payer has.
pub(crate) fn balance(lamports: u64) {
    gauge!(BALANCE).set(lamports as f64);
}

/// What the last 24 hours cost.
pub(crate) fn spent(lamports: u64) {
    gauge!(SPENT).set(lamports as f64);
}

/// What waits for the chain.
pub(crate) fn waiting(figures: &RelayFigures) {
    for (kind, depth) in KINDS.into_iter().zip([figures.settle, figures.publish]) {
        gauge!(PENDING, "kind" => kind).set(depth.pending as f64);
        gauge!(OLDEST, "kind" => kind).set(depth.oldest.as_secs_f64());
    }
    if let (Some(age), Some(remaining)) = (figures.root_age, figures.root_remaining) {
        gauge!(ROOT_AGE).set(age.as_secs_f64());
        gauge!(ROOT_REMAINING).set(remaining);
    }
    gauge!(ROOT_OVERDUE).set(figures.root_overdue.as_secs_f64());
}

/// Says what the metrics are, and shows the counters at zero.
pub(crate) fn describe(options: &RelayerOptions) {
    describe_counter!(TRANSACTIONS, "Transactions whose end was seen, by step and outcome");
    describe_counter!(LAMPORTS, "The most that transactions which landed took, in lamports, by step");
    describe_counter!(INTENTS, "Ends of leases of intents, by kind and outcome");
    describe_histogram!(CONFIRMED, Unit::Seconds, "From the recording of an intent until the chain confirmed it");
    describe_gauge!(BALANCE, "What the fee payer has, in lamports");
    describe_gauge!(FLOOR, "The balance below which an alert is raised, in lamports");
    describe_gauge!(SPENT, "What the last 24 hours cost, of all relayers, in lamports");
    describe_gauge!(LIMIT, "What 24 hours may cost, in lamports");
    describe_gauge!(PENDING, "Intents that are not confirmed yet, by kind");
    describe_gauge!(OLDEST, Unit::Seconds, "For how long the oldest of them has existed");
    describe_gauge!(
        ROOT_AGE,
        Unit::Seconds,
        "Age of the newest root on the chain, of the registry where it is greatest"
    );
    describe_gauge!(ROOT_REMAINING, "Share of its lifetime that this root has left, where it is least");
    describe_gauge!(ROOT_OVERDUE, Unit::Seconds, "For how long the oldest change has waited for a root on the chain");
    gauge!(FLOOR).set(options.low_balance_lamports as f64);
    gauge!(LIMIT).set(options.daily_limit_lamports as f64);
    for step in ChainStep::ALL {
        for outcome in OUTCOMES {
            counter!(TRANSACTIONS, "step" => step.name(), "outcome" => outcome).increment(0);
        }
        counter!(LAMPORTS, "step" => step.name()).increment(0);
    }
    for kind in KINDS {
        for outcome in ["confirmed", "failed", "retried"] {
            counter!(INTENTS, "kind" => kind, "outcome" => outcome).increment(0);
        }
        let _ = histogram!(CONFIRMED, "kind" => kind);
    }
    describe_alerts(&[BALANCE_LOW, SPENDING_LIMIT]);
}
