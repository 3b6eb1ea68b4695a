//! An indexer: what it makes of one look at the chain, as the follower does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    chain::{Chain, Landed},
    model::Rows,
};

/// Transactions that are written at once.
const PART: usize = 2;

/// What is written at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// Each with whether it is final.
    pub(crate) read: Vec<(Landed, bool)>,
    pub(crate) finalized: Vec<u64>,
    pub(crate) vanished: Vec<u64>,
    pub(crate) rewind: bool,
    pub(crate) cursor: Option<(u64, u64)>,
    pub(crate) indexed_slot: u64,
    pub(crate) chain_slot: Option<u64>,
    /// What the indexer knows once this is written: transactions that are not final, by slot, and up to where all are.
    not_final: Vec<(u64, u64)>,
    final_slot: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Reader {
    /// What is not final and was read already, with its slot.
    known: BTreeMap<u64, u64>,
    /// What its look is still to write.
    pub(crate) to_write: VecDeque<Batch>,
    /// What it wrote last.
    pub(crate) written: Option<Batch>,
    /// How much had been written when it looked, or wrote.
    seen: u64,
}

impl Reader {
    /// Looks at the chain; a crash may come before all of it is written. From that slot on again, if there is one, or else from
    /// the cursor.
    pub(crate) fn look(&mut self, chain: &Chain, rows: &Rows, from: Option<u64>) {
        self.to_write.clear();
        self.seen = rows.writes;
        if from.is_some() {
            self.known.clear();
            self.to_write.push_back(Batch { rewind: true, ..Batch::default() });
        }
        let is_new = |landed: &&Landed| match (from, rows.cursor) {
            (Some(from), _) => landed.slot >= from,
            (None, Some((_, slot))) => landed.slot > slot,
            (None, None) => true,
        };
        let listed: Vec<_> = chain.landed.iter().filter(is_new).cloned().collect();
        let mut all_final = true;
        for part in listed.chunks(PART) {
            let mut batch = Batch::default();
            for landed in part {
                let (is_final, is_known) =
                    (chain.is_final(landed), self.known.get(&landed.signature) == Some(&landed.slot));
                match (landed.succeeded, is_known) {
                    (false, _) => batch.vanished.push(landed.signature),
                    (true, false) => batch.read.push((landed.clone(), is_final)),
                    (true, true) if is_final => batch.finalized.push(landed.signature),
                    (true, true) => {}
                }
                all_final &= is_final;
                if all_final {
                    batch.cursor = Some((landed.signature, landed.slot));
                }
                batch.indexed_slot = landed.slot.saturating_sub(1);
                if !is_final {
                    batch.not_final.push((landed.signature, landed.slot));
                }
            }
            self.to_write.push_back(batch);
        }
        let (slot, final_slot) = (chain.slot, chain.final_slot);
        let mut last = Batch { indexed_slot: slot, chain_slot: Some(slot), final_slot, ..Batch::default() };
        // Rows whose slot is final and who are not, once the batches before are written.
        let finalized: BTreeSet<_> = self.to_write.iter().flat_map(|batch| &batch.finalized).copied().collect();
        for signature in rows.not_final(chain.final_slot).difference(&finalized).copied() {
            match chain.find(signature) {
                Some(landed) if !chain.is_final(landed) => {}
                Some(landed) if landed.succeeded => last.read.push((landed.clone(), true)),
                _ => last.vanished.push(signature),
            }
        }
        self.to_write.push_back(last);
    }

    /// Whether another one wrote since it looked.
    pub(crate) fn is_overtaken(&self, rows: &Rows) -> bool {
        self.seen != rows.writes
    }

    /// Notes that it wrote.
    pub(crate) fn wrote(&mut self, rows: &Rows) {
        self.seen = rows.writes;
    }

    /// Up to so many of the batches that it is to write.
    pub(crate) fn write(&mut self, count: usize) -> Vec<Batch> {
        let batches: Vec<_> = self.to_write.drain(..count.min(self.to_write.len())).collect();
        for batch in &batches {
            self.known.extend(batch.not_final.iter().copied());
            self.known.retain(|_, slot| *slot > batch.final_slot);
            self.written = Some(batch.clone());
        }
        batches
    }
}
