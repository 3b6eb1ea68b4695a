//! What the chain, the indexers and the API can do, and in what order.

use proptest::{prelude::*, sample::select, strategy::Union};
use proptest_state_machine::ReferenceStateMachine;

use super::{
    chain::Landed,
    model::{Model, READERS},
};

const NULLIFIERS: u64 = 4;
const SESSIONS: u64 = 2;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A transaction lands: it publishes a root (ours, revoking) or spends nullifiers for sessions.
    Land { publishes: Option<(bool, bool)>, spends: Vec<(u64, u64)>, is_readable: bool },
    /// The newest transactions are on a fork that dies.
    Fork { count: usize },
    /// One of them lands after all.
    LandAgain { number: usize },
    /// What one of them says lands in another transaction: it was signed and sent again.
    SendAgain { number: usize },
    /// All but the newest slots become final.
    Finalize { but: u64 },
    /// An indexer looks at the chain and writes all of it.
    Read { reader: usize },
    /// It only looks, from its cursor or from a slot on.
    Look { reader: usize, from: Option<u64> },
    /// It writes what it saw when it looked, up to so many batches: now, or much later.
    Write { reader: usize, count: usize },
    /// It writes again what it wrote last, not knowing whether that arrived.
    WriteAgain { reader: usize },
    /// It ends, and is started again: all it knows is the cursor.
    Restart { reader: usize },
    /// The chain has no more forks, and an indexer reads all of it.
    Settle { reader: usize },
    /// We make a root.
    Publish,
    /// We accept a proof.
    Accept { nullifier: u64, session: u64 },
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::new()).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Step> {
        let (slow, quick): (Vec<_>, Vec<_>) = (0..READERS).partition(|at| !model.readers[*at].to_write.is_empty());
        let publishes = prop_oneof![1 => Just(None), 1 => (any::<bool>(), prop::bool::weighted(0.1)).prop_map(Some)];
        let spends = prop::collection::vec((0..NULLIFIERS, 0..SESSIONS), 1..3);
        let spends = spends.prop_map(|mut spends| {
            spends.dedup_by_key(|(nullifier, _)| *nullifier);
            spends
        });
        let land = (publishes, spends, prop::bool::weighted(0.9)).prop_map(|(publishes, spends, is_readable)| {
            let spends = if publishes.is_some() { vec![] } else { spends };
            Step::Land { publishes, spends, is_readable }
        });
        let accept = (0..NULLIFIERS, 0..SESSIONS);
        let mut steps = vec![
            (6, land.boxed()),
            (4, (1..4_usize).prop_map(|count| Step::Fork { count }).boxed()),
            (3, select(vec![0, 2, 4]).prop_map(|but| Step::Finalize { but }).boxed()),
            (1, Just(Step::Publish).boxed()),
            (1, accept.prop_map(|(nullifier, session)| Step::Accept { nullifier, session }).boxed()),
        ];
        let dropped = model.chain.dropped.len();
        if dropped > 0 {
            steps.push((4, (0..dropped).prop_map(|number| Step::LandAgain { number }).boxed()));
            steps.push((4, (0..dropped).prop_map(|number| Step::SendAgain { number }).boxed()));
        }
        // Whoever is slow stays so for a while, and much happens meanwhile.
        if !slow.is_empty() {
            let write = (select(slow), 1..5_usize).prop_map(|(reader, count)| Step::Write { reader, count });
            steps.push((3, write.boxed()));
        }
        if !quick.is_empty() {
            let reader = select(quick);
            let from = prop_oneof![6 => Just(None), 1 => (0..=model.chain.slot).prop_map(Some)];
            let look = (reader.clone(), from).prop_map(|(reader, from)| Step::Look { reader, from });
            steps.push((8, reader.clone().prop_map(|reader| Step::Read { reader }).boxed()));
            steps.push((3, look.boxed()));
            steps.push((1, reader.prop_map(|reader| Step::Settle { reader }).boxed()));
        }
        steps.extend(model.against_the_slow().map(|step| (24, Just(step).boxed())));
        steps.push((1, (0..READERS).prop_map(|reader| Step::WriteAgain { reader }).boxed()));
        steps.push((1, (0..READERS).prop_map(|reader| Step::Restart { reader }).boxed()));
        Union::new_weighted(steps).boxed()
    }

    fn preconditions(model: &Self, step: &Step) -> bool {
        match step {
            Step::LandAgain { number } | Step::SendAgain { number } => *number < model.chain.dropped.len(),
            Step::Write { reader, .. } => !model.readers[*reader].to_write.is_empty(),
            Step::WriteAgain { reader } => model.readers[*reader].written.is_some(),
            _ => true,
        }
    }

    fn apply(mut model: Self, step: &Step) -> Self {
        (model.writes, model.accepts, model.is_settled) = (vec![], false, false);
        match *step {
            Step::Land { publishes, ref spends, is_readable } => model.chain.land(publishes, spends, is_readable),
            Step::Fork { count } => model.chain.fork(count),
            Step::LandAgain { number } => model.chain.land_again(number),
            Step::Finalize { but } => model.chain.finalize(but),
            Step::SendAgain { number } => model.chain.send_again(number),
            Step::Read { reader } => {
                model.readers[reader].look(&model.chain, &model.rows, None);
                model.write(reader, usize::MAX);
            }
            Step::Look { reader, from } => model.readers[reader].look(&model.chain, &model.rows, from),
            Step::Write { reader, count } => model.write(reader, count),
            Step::WriteAgain { reader } => {
                let again = model.readers[reader].written.clone();
                model.is_mixed |= model.readers[reader].is_overtaken(&model.rows);
                model.writes.extend(again);
                model.flush(reader);
            }
            Step::Restart { reader } => model.readers[reader] = Default::default(),
            Step::Settle { reader } => {
                model.chain.finalize(0);
                model.readers[reader] = Default::default();
                let from = model.is_mixed.then_some(0);
                model.readers[reader].look(&model.chain, &model.rows, from);
                model.write(reader, usize::MAX);
                model.is_settled = true;
                // Others know what is not so any more.
                if from.is_some() {
                    model.readers = Default::default();
                    model.is_mixed = false;
                }
            }
            Step::Publish => model.roots.push(model.newest_root() + 1),
            Step::Accept { nullifier, session } => model.accepts = model.accept(nullifier, session),
        }
        model
    }
}

impl Model {
    fn write(&mut self, reader: usize, count: usize) {
        self.is_mixed |= self.readers[reader].is_overtaken(&self.rows);
        self.writes = self.readers[reader].write(count);
        self.flush(reader);
    }

    fn flush(&mut self, reader: usize) {
        self.writes.iter().for_each(|batch| self.rows.write(batch));
        self.readers[reader].wrote(&self.rows);
    }

    /// What is worst for an indexer that is slow to write what it saw: that it is not so any more.
    fn against_the_slow(&self) -> Option<Step> {
        let slow = (0..READERS).find(|at| !self.readers[*at].to_write.is_empty())?;
        let reads = self.readers[slow].to_write.iter().flat_map(|batch| &batch.read);
        let (seen, _) = reads.rev().find(|(landed, is_final)| landed.succeeded && !is_final)?;
        let is_it = |landed: &Landed| landed.signature == seen.signature;
        Some(match self.chain.find(seen.signature) {
            None => Step::LandAgain { number: self.chain.dropped.iter().position(is_it)? },
            Some(landed) if landed.slot == seen.slot && self.chain.is_final(landed) => return None,
            Some(landed) if landed.slot == seen.slot => Step::Fork { count: 3 },
            Some(landed) if !self.chain.is_final(landed) => Step::Finalize { but: 0 },
            Some(_) if self.rows.not_final(u64::MAX).contains(&seen.signature) || !self.rows.knows(seen.signature) => {
                Step::Read { reader: (slow + 1) % READERS }
            }
            Some(_) => Step::Write { reader: slow, count: 4 },
        })
    }
}
