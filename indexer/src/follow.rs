//! One look at the ledger: what is new, what is final, what is gone.

use std::collections::HashMap;

use solana_signature::Signature;
use solana_transaction_status_client_types::TransactionConfirmationStatus::Finalized;
use veilpass_chain::PROGRAM_ID;
use veilpass_store::{ChainBatch, Store};

use crate::{
    FollowError,
    fetch::fetch,
    figures,
    ledger::{Ledger, LedgerError, Listed},
};

/// Transactions that are written at once.
const BATCH: usize = 1000;
/// After how many looks it is checked that the node still knows the cursor.
const CURSOR_CHECK: u32 = 60;

/// What a look found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Polled {
    /// Successful transactions that were read.
    pub transactions: u64,
    /// Events that were written.
    pub events: u64,
    /// Events that are final now, of those known before.
    pub finalized: u64,
    /// Events whose fork died.
    pub vanished: u64,
    /// Transactions that could not be read.
    pub skipped: u64,
    /// Slots that the rows are behind the chain after the look.
    pub slot_lag: u64,
}

impl Polled {
    /// Whether anything was found.
    pub fn changed(&self) -> bool {
        *self != Self { slot_lag: self.slot_lag, ..Self::default() }
    }
}

/// Follows the program.
pub struct Follower {
    store: Store,
    ledger: Ledger,
    requests: usize,
    program: String,
    /// Transactions after the cursor that were read already, and in which slot they were.
    known: HashMap<Signature, u64>,
    reindex_from: Option<u64>,
    /// All events up to this slot are rows.
    indexed_slot: u64,
    looks_until_cursor_check: u32,
    mirrored: bool,
}

impl Follower {
    /// Goes on from the cursor in the database. Has up to `requests` requests for transactions under way at once.
    pub fn new(store: Store, ledger: Ledger, requests: usize) -> Self {
        let program = PROGRAM_ID.to_string();
        Self {
            store,
            ledger,
            requests,
            program,
            known: HashMap::new(),
            reindex_from: None,
            indexed_slot: 0,
            looks_until_cursor_check: 0,
            mirrored: false,
        }
    }

    /// Has the next look read everything from that slot on again.
    pub fn reindex_from(&mut self, slot: u64) {
        self.reindex_from = Some(slot);
    }

    /// Looks at the ledger, and brings the rows up to what it says.
    pub async fn poll(&mut self) -> Result<Polled, FollowError> {
        let polled = self.look().await;
        if polled.is_err() {
            self.looks_until_cursor_check = 0;
        }
        polled
    }

    async fn look(&mut self) -> Result<Polled, FollowError> {
        if !self.mirrored {
            self.store.mirror_chain(&self.program).await?;
            self.mirrored = true;
        }
        let (chain_slot, final_slot) = self.ledger.slots().await?;
        let (until, from_slot) = self.start(final_slot).await?;
        let (listed, complete) = self.ledger.list(until, from_slot, chain_slot).await?;
        let mut polled = Polled::default();
        let mut all_final = true;
        for part in listed.chunks(BATCH) {
            let mut batch = ChainBatch::default();
            let (done, outcome) = self.read(part, &mut batch).await;
            let part = &part[..done];
            for entry in part {
                all_final &= entry.finalized;
                if all_final {
                    batch.cursor = Some((entry.signature.to_string(), entry.slot));
                }
                // The last slot of a part may go on in the next one.
                batch.indexed_slot = entry.slot.saturating_sub(1);
            }
            self.apply(&batch, &mut polled).await?;
            self.known.extend(part.iter().filter(|entry| !entry.finalized).map(|entry| (entry.signature, entry.slot)));
            for entry in part.iter().filter(|entry| entry.finalized) {
                self.known.remove(&entry.signature);
            }
            outcome?;
        }
        // What the chain did meanwhile is the lag.
        let newest_slot = self.ledger.slots().await?.0.max(chain_slot);
        if complete {
            self.indexed_slot = chain_slot;
        }
        // Only now, and only if nothing is missing, are the rows news of the chain.
        let chain_slot = complete.then_some(newest_slot);
        let mut batch = ChainBatch { chain_slot, indexed_slot: self.indexed_slot, ..ChainBatch::default() };
        self.settle(final_slot, &mut batch).await?;
        self.apply(&batch, &mut polled).await?;
        self.known.retain(|_, slot| *slot > final_slot);
        self.reindex_from = None;
        polled.slot_lag = newest_slot.saturating_sub(self.indexed_slot);
        figures::slots(newest_slot, final_slot, self.indexed_slot);
        Ok(polled)
    }

    /// Where to list from: after the cursor, or from a slot if there is none, or the node has lost it.
    async fn start(&mut self, final_slot: u64) -> Result<(Option<Signature>, u64), FollowError> {
        if let Some(slot) = self.reindex_from {
            tracing::info!(slot, "reading again from this slot");
            self.rewind().await?;
            return Ok((None, slot));
        }
        let progress = self.store.chain_progress(&self.program).await?.unwrap_or_default();
        let Some((signature, slot)) = progress.cursor else { return Ok((None, 0)) };
        let signature: Signature =
            signature.parse().map_err(|_| LedgerError::Nonsense("a cursor that is no signature"))?;
        if final_slot < slot {
            return Err(FollowError::NodeBehind { final_slot, cursor_slot: slot });
        }
        if self.looks_until_cursor_check == 0 {
            let (known_up_to, statuses) = self.ledger.statuses(&[signature]).await?;
            if statuses == [None] && known_up_to >= slot {
                let first_slot = self.ledger.first_slot().await?;
                tracing::warn!(%signature, slot, first_slot, "the node does not know the cursor: reading all it has");
                if first_slot > slot {
                    tracing::error!(
                        slot,
                        first_slot,
                        "events between these slots are lost to this node: use another, and --from-slot"
                    );
                }
                self.rewind().await?;
                return Ok((None, 0));
            }
            self.looks_until_cursor_check = CURSOR_CHECK;
        }
        self.looks_until_cursor_check -= 1;
        Ok((Some(signature), 0))
    }

    async fn rewind(&mut self) -> Result<(), FollowError> {
        self.known.clear();
        let batch = ChainBatch { rewind: true, ..ChainBatch::default() };
        self.store.apply_chain_batch(&self.program, &batch).await?;
        Ok(())
    }

    /// Reads the transactions of a part that are not known as they are. Says how many of the part are done, and why not all.
    async fn read(&self, part: &[Listed], batch: &mut ChainBatch) -> (usize, Result<(), FollowError>) {
        let known = |entry: &Listed| self.known.get(&entry.signature) == Some(&entry.slot);
        let new: Vec<Listed> = part.iter().filter(|entry| entry.succeeded && !known(entry)).copied().collect();
        let outcome = fetch(&self.ledger, self.requests, &new, batch).await;
        let failed_at = outcome.as_ref().err().and_then(|_| new.get(batch.read.len()));
        let is_failed = |entry: &Listed| failed_at.is_some_and(|failed| failed.signature == entry.signature);
        let done = part.iter().position(is_failed).unwrap_or(part.len());
        let part = &part[..done];
        batch.finalized.extend(part.iter().filter(|e| e.finalized && known(e)).map(|e| e.signature.to_string()));
        // One that failed where it succeeded before is on another fork now.
        let failed = part.iter().filter(|entry| !entry.succeeded);
        batch.vanished.extend(failed.map(|entry| entry.signature.to_string()));
        (done, outcome)
    }

    /// Rows whose slot is final and who are not: their transaction was not listed where it was read.
    async fn settle(&self, final_slot: u64, batch: &mut ChainBatch) -> Result<(), FollowError> {
        let open = self.store.chain_transactions_not_final(&self.program, final_slot).await?;
        let open: Vec<Signature> = open.iter().filter_map(|signature| signature.parse().ok()).collect();
        if open.is_empty() {
            return Ok(());
        }
        let (known_up_to, statuses) = self.ledger.statuses(&open).await?;
        if known_up_to < final_slot {
            return Ok(());
        }
        if statuses.contains(&None) && !self.has_all_since_the_cursor().await? {
            tracing::error!("this node no longer has what was read from it last: use one with a longer history");
            return Ok(());
        }
        let mut landed = vec![];
        for (signature, status) in open.into_iter().zip(statuses) {
            match status {
                None => batch.vanished.push(signature.to_string()),
                Some(status) if status.confirmation_status != Some(Finalized) => {}
                Some(status) if status.err.is_some() => batch.vanished.push(signature.to_string()),
                Some(status) => landed.push(Listed { signature, slot: status.slot, succeeded: true, finalized: true }),
            }
        }
        fetch(&self.ledger, self.requests, &landed, batch).await
    }

    /// Whether the node's history goes back to the cursor, which is before whatever is not final.
    async fn has_all_since_the_cursor(&self) -> Result<bool, FollowError> {
        let progress = self.store.chain_progress(&self.program).await?.unwrap_or_default();
        let Some((_, slot)) = progress.cursor else { return Ok(true) };
        Ok(self.ledger.first_slot().await? <= slot)
    }

    async fn apply(&self, batch: &ChainBatch, polled: &mut Polled) -> Result<(), FollowError> {
        let changed = self.store.apply_chain_batch(&self.program, batch).await?;
        let by_batch = Polled {
            transactions: batch.read.len() as u64,
            events: batch.events.len() as u64,
            finalized: changed.finalized,
            vanished: changed.vanished,
            skipped: batch.skipped.len() as u64,
            slot_lag: 0,
        };
        polled.transactions += by_batch.transactions;
        polled.events += by_batch.events;
        polled.finalized += by_batch.finalized;
        polled.vanished += by_batch.vanished;
        polled.skipped += by_batch.skipped;
        figures::events(&batch.events);
        figures::changed(&by_batch);
        Ok(())
    }
}
