//! The populated part of every level, and the hashing that keeps the levels consistent.

use rayon::prelude::*;
use veilpass_protocol::{Node, TREE_DEPTH, hash_node};

use crate::empty::EMPTY;

/// Below this many hashes (a hundredth of a millisecond each) handing work to other threads costs more than it saves.
const PARALLEL_MIN: usize = 16;

/// Nodes recomputed before they are written back: bounds the memory that an update needs beside the tree.
const BATCH: usize = 4096;

/// All nodes of the tree that have a used place below them. Level 0 holds the leaves, level `TREE_DEPTH` the root.
///
/// Level `k` has exactly [`width`]`(len, k)` nodes; every node to the right of them is `EMPTY[k]`.
pub(crate) struct Levels([Vec<Node>; TREE_DEPTH + 1]);

/// Nodes stored at `level` of a tree with `leaves` places in use.
pub(crate) fn width(leaves: u64, level: usize) -> u64 {
    leaves.div_ceil(1 << level)
}

/// The node above positions `2 * position` and `2 * position + 1` of the level `below`, which is at `height`.
fn parent(below: &[Node], height: usize, position: usize) -> Node {
    let empty = EMPTY[height];
    let left = below.get(2 * position).copied().unwrap_or(empty);
    let right = below.get(2 * position + 1).copied().unwrap_or(empty);
    // A zeroed range of the registry costs no hashing.
    if left == empty && right == empty { EMPTY[height + 1] } else { hash_node(left, right) }
}

impl Levels {
    /// A tree without leaves.
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Vec::new()))
    }

    /// Levels that are already consistent, and each as wide as [`width`] says.
    pub(crate) fn from_consistent(levels: [Vec<Node>; TREE_DEPTH + 1]) -> Self {
        debug_assert!(
            levels.iter().enumerate().all(|(k, nodes)| nodes.len() as u64 == width(levels[0].len() as u64, k))
        );
        Self(levels)
    }

    /// The levels above these leaves, each allocated exactly.
    pub(crate) fn build(mut leaves: Vec<Node>) -> Self {
        leaves.shrink_to_fit();
        let len = leaves.len() as u64;
        let mut levels = Self::new();
        levels.0[0] = leaves;
        for level in 1..=TREE_DEPTH {
            let below = levels.0[level - 1].as_slice();
            let width = width(len, level) as usize;
            let node = |position| parent(below, level - 1, position);
            levels.0[level] = if width < PARALLEL_MIN {
                (0..width).map(node).collect()
            } else {
                (0..width).into_par_iter().map(node).collect()
            };
        }
        levels
    }

    /// The leaves.
    pub(crate) fn leaves(&self) -> &[Node] {
        &self.0[0]
    }

    /// Every level, leaves first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[Node]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The node at this position, stored or empty.
    pub(crate) fn node(&self, level: usize, position: usize) -> Node {
        self.0[level].get(position).copied().unwrap_or(EMPTY[level])
    }

    /// Makes room for `len` leaves; the new ones are empty, so the levels stay consistent.
    pub(crate) fn grow(&mut self, len: usize) {
        for (level, nodes) in self.0.iter_mut().enumerate() {
            let width = width(len as u64, level) as usize;
            if width > nodes.capacity() {
                // Doubling would waste up to half of the memory; an eighth still makes a push O(1) on average.
                let spare = if nodes.is_empty() { 0 } else { nodes.len() / 8 };
                nodes.reserve_exact((width - nodes.len()).max(spare));
            }
            if width > nodes.len() {
                nodes.resize(width, EMPTY[level]);
            }
        }
    }

    /// Replaces a leaf. The nodes above it are stale until [`Self::rehash_one`] or [`Self::rehash`].
    pub(crate) fn set_leaf(&mut self, position: usize, leaf: Node) {
        self.0[0][position] = leaf;
    }

    /// Recomputes the nodes above one leaf.
    pub(crate) fn rehash_one(&mut self, leaf: usize) {
        for level in 1..=TREE_DEPTH {
            let position = leaf >> level;
            self.0[level][position] = parent(&self.0[level - 1], level - 1, position);
        }
    }

    /// Recomputes the nodes above these leaves, each once. `dirty` is in ascending order.
    pub(crate) fn rehash(&mut self, mut dirty: Vec<u32>) {
        let mut fresh = Vec::new();
        for level in 1..=TREE_DEPTH {
            dirty.iter_mut().for_each(|position| *position >>= 1);
            dirty.dedup();
            let (below, above) = self.0.split_at_mut(level);
            let (below, nodes) = (below[level - 1].as_slice(), &mut above[0]);
            let node = |position: &u32| parent(below, level - 1, *position as usize);
            for batch in dirty.chunks(BATCH) {
                if batch.len() < PARALLEL_MIN {
                    fresh.clear();
                    fresh.extend(batch.iter().map(node));
                } else {
                    batch.par_iter().map(node).collect_into_vec(&mut fresh);
                }
                for (position, node) in batch.iter().zip(&fresh) {
                    nodes[*position as usize] = *node;
                }
            }
        }
    }

    /// Bytes allocated.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.0.iter().map(|nodes| nodes.capacity() * size_of::<Node>()).sum()
    }
}
