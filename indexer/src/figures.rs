//! What the indexer tells: its metrics, and whether it is ready.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use tokio::{task::JoinSet, time::interval};
use veilpass_store::{ChainEvent, ChainEventContent};

use crate::Polled;

const LOOKS: &str = "veilpass_indexer_looks_total";
const EVENTS: &str = "veilpass_indexer_events_total";
const TRANSACTIONS: &str = "veilpass_indexer_transactions_total";
const FINALIZED: &str = "veilpass_indexer_finalized_total";
const ROLLBACKS: &str = "veilpass_indexer_rollbacks_total";
const SKIPPED: &str = "veilpass_indexer_skipped_transactions_total";
const AGE: &str = "veilpass_indexer_look_age_seconds";
const WEBSOCKET: &str = "veilpass_indexer_websocket_up";
const KINDS: [&str; 4] = ["registry_initialized", "merkle_root_updated", "roots_revoked", "ownership_verified"];
/// Without a look that worked for this long, the indexer is not ready.
const STALE: Duration = Duration::from_secs(30);

/// When the ledger was last looked at with success.
pub(crate) struct LastLook {
    at: Mutex<Instant>,
    any: AtomicBool,
}

impl LastLook {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { at: Mutex::new(Instant::now()), any: AtomicBool::new(false) })
    }

    /// It was, just now.
    pub(crate) fn succeeded(&self) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.any.store(true, Ordering::Relaxed);
        counter!(LOOKS, "outcome" => "done").increment(1);
    }

    /// It could not be.
    pub(crate) fn failed(&self) {
        counter!(LOOKS, "outcome" => "failed").increment(1);
    }

    fn age(&self) -> Duration {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Whether the rows are up to date, or soon will be.
    pub(crate) fn is_ready(&self) -> bool {
        self.any.load(Ordering::Relaxed) && self.age() < STALE
    }

    /// Shows the age of the last look, from now on and until the value is dropped.
    pub(crate) fn show(self: &Arc<Self>) -> JoinSet<()> {
        let last = Arc::clone(self);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut ticks = interval(Duration::from_secs(1));
            loop {
                ticks.tick().await;
                gauge!(AGE).set(last.age().as_secs_f64());
            }
        });
        tasks
    }
}

/// Where the chain and the rows are.
pub(crate) fn slots(confirmed: u64, finalized: u64, indexed: u64) {
    gauge!("veilpass_indexer_chain_slot", "commitment" => "confirmed").set(confirmed as f64);
    gauge!("veilpass_indexer_chain_slot", "commitment" => "finalized").set(finalized as f64);
    gauge!("veilpass_indexer_indexed_slot").set(indexed as f64);
    gauge!("veilpass_indexer_slot_lag").set(confirmed.saturating_sub(indexed) as f64);
}

/// Events that became rows.
pub(crate) fn events(events: &[ChainEvent]) {
    for event in events {
        let kind = match &event.content {
            ChainEventContent::RegistryInitialized { .. } => KINDS[0],
            ChainEventContent::MerkleRootUpdated { .. } => KINDS[1],
            ChainEventContent::RootsRevoked { .. } => KINDS[2],
            ChainEventContent::OwnershipVerified { .. } => KINDS[3],
        };
        counter!(EVENTS, "kind" => kind).increment(1);
    }
}

/// What one batch changed, beside its events.
pub(crate) fn changed(by_batch: &Polled) {
    counter!(TRANSACTIONS).increment(by_batch.transactions);
    counter!(FINALIZED).increment(by_batch.finalized);
    counter!(ROLLBACKS).increment(by_batch.vanished);
    counter!(SKIPPED).increment(by_batch.skipped);
}

/// Whether the WebSocket is subscribed.
pub(crate) fn websocket(is_up: bool) {
    gauge!(WEBSOCKET).set(if is_up { 1.0 } else { 0.0 });
}

/// Says what the metrics are, and shows the counters at zero.
pub(crate) fn describe() {
    describe_gauge!("veilpass_indexer_chain_slot", "The newest slot that the node told, by commitment");
    describe_gauge!("veilpass_indexer_indexed_slot", "All events up to this slot are rows");
    describe_gauge!("veilpass_indexer_slot_lag", "Slots that the rows are behind the chain, as of the last look");
    describe_gauge!(AGE, Unit::Seconds, "Time since the last look at the ledger that worked, or since the start");
    describe_gauge!(WEBSOCKET, "1 while the WebSocket is subscribed; absent without one");
    describe_counter!(LOOKS, "Looks at the ledger, by outcome");
    describe_counter!(TRANSACTIONS, "Successful transactions that were read");
    describe_counter!(EVENTS, "Events that became rows, by kind");
    describe_counter!(FINALIZED, "Events that became final after they were rows");
    describe_counter!(ROLLBACKS, "Events that were taken back because their fork died");
    describe_counter!(SKIPPED, "Transactions that this build cannot read");
    for outcome in ["done", "failed"] {
        counter!(LOOKS, "outcome" => outcome).increment(0);
    }
    for kind in KINDS {
        counter!(EVENTS, "kind" => kind).increment(0);
    }
    changed(&Polled::default());
}
