//! A chain with forks.

/// What an event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A root was published, by us or by another publisher; roots before number `min` ended.
    Root { number: u64, is_ours: bool, min: u64 },
    /// A nullifier was spent, for one of two sessions.
    Spent { nullifier: u64, session: u64 },
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Landed {
    /// Names it, on whichever fork it is.
    pub(crate) signature: u64,
    pub(crate) slot: u64,
    pub(crate) succeeded: bool,
    /// Whether an indexer can read it.
    pub(crate) is_readable: bool,
    pub(crate) said: Vec<Said>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    /// The fork that counts, oldest first.
    pub(crate) landed: Vec<Landed>,
    /// Of forks that died: they may land again.
    pub(crate) dropped: Vec<Landed>,
    /// The newest slot.
    pub(crate) slot: u64,
    /// No fork takes back what is up to here.
    pub(crate) final_slot: u64,
    signatures: u64,
}

impl Chain {
    fn said(&self) -> impl Iterator<Item = &Said> {
        self.landed.iter().filter(|landed| landed.succeeded).flat_map(|landed| &landed.said)
    }

    fn newest_root(&self) -> u64 {
        let number = |said: &Said| if let Said::Root { number, .. } = said { Some(*number) } else { None };
        self.said().filter_map(number).max().unwrap_or(1)
    }

    /// Whether the program takes it: roots in turn, nullifiers once.
    fn takes(&self, said: &[Said]) -> bool {
        said.iter().all(|said| match *said {
            Said::Root { number, .. } => number == self.newest_root() + 1,
            Said::Spent { nullifier, .. } => {
                let is_same =
                    |other: &Said| matches!(other, Said::Spent { nullifier: spent, .. } if *spent == nullifier);
                !self.said().any(is_same)
            }
        })
    }

    fn add(&mut self, mut landed: Landed) {
        self.slot += 1;
        landed.slot = self.slot;
        landed.succeeded = self.takes(&landed.said);
        self.landed.push(landed);
    }

    /// A new transaction lands: it publishes the next root, or spends nullifiers.
    pub(crate) fn land(&mut self, publishes: Option<(bool, bool)>, spends: &[(u64, u64)], is_readable: bool) {
        self.signatures += 1;
        let number = self.newest_root() + 1;
        let root = publishes.map(|(is_ours, revokes)| {
            let min = if revokes { number } else { 0 };
            Said::Root { number, is_ours, min }
        });
        let spent = spends.iter().map(|&(nullifier, session)| Said::Spent { nullifier, session });
        let said = root.into_iter().chain(spent).collect();
        let signature = self.signatures;
        self.add(Landed { signature, slot: 0, succeeded: true, is_readable, said });
    }

    /// The newest transactions die with their fork, as many as are not final and up to `count`.
    pub(crate) fn fork(&mut self, count: usize) {
        for _ in 0..count {
            let Some(dead) = self.landed.pop_if(|newest| newest.slot > self.final_slot) else { return };
            self.dropped.push(dead);
        }
    }

    /// One of a fork that died lands again, later.
    pub(crate) fn land_again(&mut self, number: usize) {
        let again = self.dropped.remove(number);
        self.add(again);
    }

    /// What one of them says lands later, in another transaction.
    pub(crate) fn send_again(&mut self, number: usize) {
        self.signatures += 1;
        self.add(Landed { signature: self.signatures, ..self.dropped[number].clone() });
    }

    /// All but the newest slots are final.
    pub(crate) fn finalize(&mut self, but: u64) {
        self.final_slot = self.final_slot.max(self.slot.saturating_sub(but));
    }

    pub(crate) fn is_final(&self, landed: &Landed) -> bool {
        landed.slot <= self.final_slot
    }

    pub(crate) fn find(&self, signature: u64) -> Option<&Landed> {
        self.landed.iter().find(|landed| landed.signature == signature)
    }
}
