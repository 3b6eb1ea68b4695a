//! Finds a leaf's place by its value.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
};

use hashbrown::HashTable;
use veilpass_protocol::{Leaf, Node};

/// Tables the index is spread over. A table that grows rehashes all it holds while an insert waits: with one table that
/// was measured at 118 ms around a million leaves, with many it is lost in the 32 hashes. This many, so that at a million
/// leaves each holds about 780 entries in 1,024 buckets (it grows at 896).
const SHARDS: u64 = 1280;

/// The places of the non-empty leaves, by value. A place costs 4 bytes and a tag of 1; the value stays in the tree, so
/// every method takes the tree's leaves.
pub(crate) struct LeafIndex {
    /// One place for each value, whichever was stored first.
    shards: Box<[HashTable<u32>]>,
    /// The other places of values that are stored more than once. Enrolment does not produce any, so this is normally
    /// empty; in the tables, equal values would pile up on one probe sequence and make an insert O(n).
    repeats: BTreeSet<(Leaf, u32)>,
    /// Random in every process: whoever enrols cannot choose leaves that collide.
    hasher: RandomState,
}

fn shard_of(hash: u64) -> usize {
    // The tables themselves take the lowest bits for the bucket and the highest seven for the tag.
    ((((hash >> 32) & 0xff_ffff) * SHARDS) >> 24) as usize
}

impl LeafIndex {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| HashTable::new()).collect();
        Self { shards, repeats: BTreeSet::new(), hasher: RandomState::new() }
    }

    /// The index of all these leaves.
    pub(crate) fn build(leaves: &[Node]) -> Self {
        let mut index = Self::new();
        for (place, leaf) in leaves.iter().enumerate() {
            index.insert(Leaf::new(leaf.element()), place as u32, leaves);
        }
        index
    }

    /// A place that holds `leaf`.
    pub(crate) fn find(&self, leaf: Leaf, leaves: &[Node]) -> Option<u32> {
        let hash = self.hasher.hash_one(leaf.as_node());
        self.shards[shard_of(hash)].find(hash, |place| leaves[*place as usize] == leaf.as_node()).copied()
    }

    /// Notes that `place` now holds `leaf`, as `leaves` already says. The empty leaf is not noted.
    pub(crate) fn insert(&mut self, leaf: Leaf, place: u32, leaves: &[Node]) {
        if leaf == Leaf::EMPTY {
            return;
        }
        if self.find(leaf, leaves).is_some() {
            self.repeats.insert((leaf, place));
            return;
        }
        let hash = self.hasher.hash_one(leaf.as_node());
        let hasher = &self.hasher;
        self.shards[shard_of(hash)].insert_unique(hash, place, |place| hasher.hash_one(leaves[*place as usize]));
    }

    /// Notes that `place` no longer holds `leaf`.
    pub(crate) fn remove(&mut self, leaf: Leaf, place: u32) {
        if leaf == Leaf::EMPTY {
            return;
        }
        let hash = self.hasher.hash_one(leaf.as_node());
        match self.shards[shard_of(hash)].find_entry(hash, |entry| *entry == place) {
            Err(_) => {
                self.repeats.remove(&(leaf, place));
            }
            Ok(mut entry) => {
                let repeat = self.repeats.range((leaf, 0)..=(leaf, u32::MAX)).next().copied();
                match repeat {
                    None => {
                        entry.remove();
                    }
                    Some(repeat) => {
                        self.repeats.remove(&repeat);
                        *entry.get_mut() = repeat.1;
                    }
                }
            }
        }
    }

    /// Bytes allocated; for repeated values, the bytes of their entries.
    pub(crate) fn memory_bytes(&self) -> usize {
        let tables: usize = self.shards.iter().map(|table| size_of_val(table) + table.allocation_size()).sum();
        tables + self.repeats.len() * size_of::<(Leaf, u32)>()
    }
}
