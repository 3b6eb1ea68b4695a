//! Which trees stay in memory: all, while they fit the budget; else the ones that were used last.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::Mutex;
use veilpass_protocol::RegistryId;

/// Trees in memory, as `T`, and what they weigh.
pub(super) struct Kept<T> {
    /// In bytes.
    budget: u64,
    trees: HashMap<RegistryId, Tree<T>>,
    uses: u64,
}

struct Tree<T> {
    shared: Arc<Mutex<T>>,
    /// As of its last use.
    bytes: u64,
    /// When a job used it last, counted in uses of all trees; 0 if none did.
    used: u64,
    /// Whether it was said that this tree alone is beyond the budget.
    is_reported: bool,
}

/// What to do after a tree was used.
pub(super) struct Weighed<T> {
    /// Trees that are no longer kept, and that nobody else holds.
    pub(super) dropped: Vec<(RegistryId, T)>,
    /// The tree alone is beyond the budget, which was not said before.
    pub(super) is_alone_over_budget: bool,
}

impl<T: Default> Kept<T> {
    pub(super) fn new(budget: u64) -> Self {
        Self { budget, trees: HashMap::new(), uses: 0 }
    }

    /// The tree of a registry, empty if it is not kept.
    pub(super) fn get(&mut self, registry: RegistryId) -> Arc<Mutex<T>> {
        let empty = || Tree { shared: Arc::default(), bytes: 0, used: 0, is_reported: false };
        Arc::clone(&self.trees.entry(registry).or_insert_with(empty).shared)
    }

    /// Whether a tree is kept, or one of about so many bytes would fit without dropping another.
    pub(super) fn has_or_fits(&self, registry: RegistryId, bytes: u64) -> bool {
        self.trees.contains_key(&registry) || self.bytes() + bytes <= self.budget
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = (RegistryId, &Arc<Mutex<T>>)> {
        self.trees.iter().map(|(registry, tree)| (*registry, &tree.shared))
    }

    pub(super) fn len(&self) -> usize {
        self.trees.len()
    }

    /// What they weigh, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.trees.values().map(|tree| tree.bytes).sum()
    }

    /// Notes what a tree weighs after it was used, by a job or only to be kept up to date, and drops trees until all fit, the
    /// one first that a job used least recently. Never the one that a job used last, nor one that somebody holds.
    pub(super) fn weigh(&mut self, registry: RegistryId, bytes: u64, by_job: bool) -> Weighed<T> {
        self.uses += 1;
        let mut is_alone_over_budget = false;
        if let Some(tree) = self.trees.get_mut(&registry) {
            tree.bytes = bytes;
            tree.used = if by_job { self.uses } else { tree.used };
            let is_over = bytes > self.budget;
            is_alone_over_budget = is_over && !tree.is_reported;
            tree.is_reported = is_over;
        }
        let last_used = self.trees.iter().max_by_key(|(_, tree)| tree.used).map(|(id, _)| *id);
        let mut dropped = Vec::new();
        let mut excess = self.bytes().saturating_sub(self.budget);
        while excess > 0 {
            // Holders come by `get` only, so whoever is not counted here cannot appear meanwhile.
            let idle =
                |(id, tree): &(&RegistryId, &Tree<T>)| Some(**id) != last_used && Arc::strong_count(&tree.shared) == 1;
            let Some(oldest) = self.trees.iter().filter(idle).min_by_key(|(_, tree)| tree.used).map(|(id, _)| *id)
            else {
                break;
            };
            let Some(tree) = self.trees.remove(&oldest) else { break };
            excess = excess.saturating_sub(tree.bytes);
            dropped.extend(Arc::into_inner(tree.shared).map(|tree| (oldest, tree.into_inner())));
        }
        Weighed { dropped, is_alone_over_budget }
    }
}

#[cfg(test)]
mod tests {
    use veilpass_protocol::FieldElement;

    use super::*;

    fn id(number: u64) -> RegistryId {
        RegistryId::new(FieldElement::from_u64(number))
    }

    /// Uses a tree as a job does, and says which ones were dropped for it.
    fn use_it(kept: &mut Kept<u64>, number: u64, bytes: u64) -> Vec<u64> {
        *kept.get(id(number)).try_lock().unwrap() = number;
        kept.weigh(id(number), bytes, true).dropped.into_iter().map(|(_, tree)| tree).collect()
    }

    #[test]
    fn the_least_recently_used_go_first_and_no_more_than_needed() {
        let mut kept = Kept::new(100);
        for number in 1..=4 {
            assert_eq!(use_it(&mut kept, number, 25), [0; 0]);
        }
        assert_eq!(use_it(&mut kept, 1, 25), [0; 0], "all fit");
        assert_eq!(use_it(&mut kept, 5, 30), [2, 3]);
        assert_eq!((kept.bytes(), kept.len()), (80, 3));
        assert_eq!(use_it(&mut kept, 2, 20), [0; 0], "a dropped one comes back");
        assert_eq!(use_it(&mut kept, 5, 31), [4], "one that grows drops others too");
    }

    #[test]
    fn a_tree_that_is_only_kept_up_to_date_goes_before_one_that_a_job_used() {
        let mut kept = Kept::new(100);
        use_it(&mut kept, 1, 40);
        use_it(&mut kept, 2, 40);
        kept.get(id(3));
        assert!(kept.weigh(id(3), 20, false).dropped.is_empty());
        assert!(kept.weigh(id(1), 40, false).dropped.is_empty());
        assert_eq!(use_it(&mut kept, 4, 20), [0], "the third, which was never filled");
        assert_eq!(use_it(&mut kept, 5, 20), [1], "being kept up to date is no use");
    }

    #[test]
    fn a_tree_in_use_is_not_dropped() {
        let mut kept = Kept::new(50);
        use_it(&mut kept, 1, 40);
        let held = kept.get(id(1));
        assert_eq!(use_it(&mut kept, 2, 40), [0; 0]);
        assert_eq!(kept.bytes(), 80);
        drop(held);
        let dropped = kept.weigh(id(1), 40, false).dropped;
        assert_eq!(dropped.len(), 1, "as soon as it is free, whatever it was held for");
        assert_eq!(dropped[0].0, id(1), "not the one that a job used last");
    }

    #[test]
    fn a_tree_beyond_the_budget_stays_alone_and_is_reported_once() {
        let mut kept = Kept::<u64>::new(0);
        let mut reported = |number, bytes| {
            kept.get(id(number));
            let verdict = kept.weigh(id(number), bytes, true);
            (verdict.dropped.len(), verdict.is_alone_over_budget)
        };
        assert_eq!(reported(1, 10), (0, true));
        assert_eq!(reported(1, 11), (0, false));
        assert_eq!(reported(1, 0), (0, false));
        assert_eq!(reported(1, 10), (0, true), "again, after it was below");
        assert_eq!(reported(2, 10), (1, true));
        assert_eq!(kept.len(), 1);
    }

    #[test]
    fn what_is_not_kept_may_come_only_if_it_fits() {
        let mut kept = Kept::new(100);
        use_it(&mut kept, 1, 60);
        assert!(kept.has_or_fits(id(1), 1000) && kept.has_or_fits(id(2), 40) && !kept.has_or_fits(id(2), 41));
    }
}
