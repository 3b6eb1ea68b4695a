//! What the indexers' rows should be.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    chain::{Chain, Said},
    reader::{Batch, Reader},
};

pub(crate) const READERS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventRow {
    pub(crate) slot: u64,
    pub(crate) is_final: bool,
    pub(crate) said: Said,
}

/// What was written of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    /// By signature and place.
    pub(crate) events: BTreeMap<(u64, usize), EventRow>,
    pub(crate) skipped: BTreeSet<u64>,
    pub(crate) cursor: Option<(u64, u64)>,
    pub(crate) indexed_slot: u64,
    pub(crate) chain_slot: u64,
    /// Roots before this one ended. It only rises.
    pub(crate) min_root: u64,
    /// How many batches were written.
    pub(crate) writes: u64,
}

/// A proof that was accepted here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    pub(crate) nullifier: u64,
    pub(crate) session: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) chain: Chain,
    pub(crate) readers: [Reader; READERS],
    pub(crate) rows: Rows,
    /// Numbers of the roots that were published here, the first apart.
    pub(crate) roots: Vec<u64>,
    pub(crate) accepted: Vec<Accepted>,
    /// What the newest step writes, if it does.
    pub(crate) writes: Vec<Batch>,
    /// Whether the newest step's proof is accepted.
    pub(crate) accepts: bool,
    /// Whether the rows are to be what a new database would get.
    pub(crate) is_settled: bool,
    /// One wrote what it had seen before another wrote: the rows are what was written, but that may not be what is true, until
    /// all is read again.
    pub(crate) is_mixed: bool,
}

impl Rows {
    pub(crate) fn not_final(&self, up_to: u64) -> BTreeSet<u64> {
        let open = self.events.iter().filter(|(_, row)| !row.is_final && row.slot <= up_to);
        open.map(|((signature, _), _)| *signature).collect()
    }

    pub(crate) fn knows(&self, signature: u64) -> bool {
        self.events.keys().any(|(known, _)| *known == signature)
    }

    /// Events that say something, with their signatures.
    pub(crate) fn say(&self, is: impl Fn(&Said) -> bool) -> impl Iterator<Item = (u64, EventRow)> {
        self.events.iter().filter(move |(_, row)| is(&row.said)).map(|((signature, _), row)| (*signature, *row))
    }

    fn forget(&mut self, signature: u64) {
        self.events.retain(|(known, _), row| *known != signature || row.is_final);
    }

    pub(crate) fn write(&mut self, batch: &Batch) {
        self.writes += 1;
        batch.vanished.iter().for_each(|signature| self.forget(*signature));
        for (landed, is_final) in &batch.read {
            self.forget(landed.signature);
            self.skipped.remove(&landed.signature);
            if !landed.is_readable {
                self.skipped.insert(landed.signature);
                continue;
            }
            for (place, &said) in landed.said.iter().enumerate() {
                let row = EventRow { slot: landed.slot, is_final: *is_final, said };
                // What is left of it is final, and stays as it is unless this is final, too.
                let known = self.events.entry((landed.signature, place)).or_insert(row);
                if row.is_final {
                    *known = row;
                }
                if let Said::Root { min, .. } = said {
                    self.min_root = self.min_root.max(min);
                }
            }
        }
        for ((signature, _), row) in &mut self.events {
            row.is_final |= batch.finalized.contains(signature);
        }
        if batch.rewind || batch.cursor.is_some_and(|(_, slot)| self.cursor.is_none_or(|(_, old)| slot >= old)) {
            self.cursor = batch.cursor;
        }
        let old = if batch.rewind { (0, 0) } else { (self.indexed_slot, self.chain_slot) };
        self.indexed_slot = old.0.max(batch.indexed_slot);
        self.chain_slot = old.1.max(batch.chain_slot.unwrap_or(0));
    }
}

impl Model {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// What a new database would get from the chain as it is.
    pub(crate) fn replayed(&self) -> Rows {
        let (mut rows, mut reader) = (Rows::default(), Reader::default());
        reader.look(&self.chain, &rows, None);
        reader.to_write.iter().for_each(|batch| rows.write(batch));
        rows
    }

    /// The highest number of a root that the rows know of.
    pub(crate) fn newest_root(&self) -> u64 {
        let number = |row: &EventRow| if let Said::Root { number, .. } = row.said { Some(number) } else { None };
        self.rows.events.values().filter_map(number).chain(self.roots.iter().copied()).max().unwrap_or(1)
    }

    /// Slots in which the chain has a root that was published here.
    pub(crate) fn slots_of_root(&self, root: u64) -> BTreeSet<u64> {
        let is_it = |said: &Said| matches!(said, Said::Root { number, is_ours: true, .. } if *number == root);
        self.rows.say(is_it).map(|(_, row)| row.slot).collect()
    }

    /// Transactions that spent a nullifier: all, and those for another session.
    pub(crate) fn spent_by(&self, nullifier: u64, session: u64) -> (BTreeSet<u64>, BTreeSet<u64>) {
        let is_it = |said: &Said| matches!(said, Said::Spent { nullifier: spent, .. } if *spent == nullifier);
        let is_other = |row: &EventRow| matches!(row.said, Said::Spent { session: other, .. } if other != session);
        let all = self.rows.say(is_it).map(|(signature, _)| signature).collect();
        let others = self.rows.say(is_it).filter(|(_, row)| is_other(row)).map(|(signature, _)| signature).collect();
        (all, others)
    }

    /// Whether a proof for the first root is accepted.
    pub(crate) fn accept(&mut self, nullifier: u64, session: u64) -> bool {
        let is_spent = self.accepted.iter().any(|accepted| accepted.nullifier == nullifier);
        let accepts = !is_spent && self.spent_by(nullifier, session).0.is_empty() && self.rows.min_root <= 1;
        if accepts {
            self.accepted.push(Accepted { nullifier, session });
        }
        accepts
    }
}
