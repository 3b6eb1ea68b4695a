//! The tree of one registry.

use std::fmt;

use veilpass_protocol::{Leaf, MerkleRoot, Node, TREE_DEPTH};

use crate::{error::TreeError, index::LeafIndex, levels::Levels, path::MerklePath};

/// The most places a tree of this depth has.
pub(crate) const MAX_LEAVES: u64 = 1 << TREE_DEPTH;

/// The tree of one registry: leaves, inner nodes and an index of the leaves by value.
pub struct MerkleTree {
    pub(crate) levels: Levels,
    pub(crate) index: LeafIndex,
}

impl MerkleTree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self { levels: Levels::new(), index: LeafIndex::new() }
    }

    /// The tree of these leaves, in this order; an empty leaf is a place that was zeroed. Hashes on all cores and
    /// allocates exactly.
    ///
    /// # Panics
    /// If there are more than 2^32 leaves, which would take 128 GiB.
    pub fn build(leaves: Vec<Leaf>) -> Self {
        assert!(leaves.len() as u64 <= MAX_LEAVES, "a tree has 2^32 places");
        let leaves: Vec<Node> = leaves.into_iter().map(Leaf::as_node).collect();
        let index = LeafIndex::build(&leaves);
        Self { levels: Levels::build(leaves), index }
    }

    /// Places in use, including zeroed ones: the index of the next leaf.
    pub fn len(&self) -> u64 {
        self.levels.leaves().len() as u64
    }

    /// Whether no place was ever used.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The leaf at a place, [`Leaf::EMPTY`] if it was zeroed; none if the place was never used.
    pub fn leaf(&self, index: u32) -> Option<Leaf> {
        self.levels.leaves().get(index as usize).map(|node| Leaf::new(node.element()))
    }

    /// The root.
    pub fn root(&self) -> MerkleRoot {
        MerkleRoot::new(self.levels.node(TREE_DEPTH, 0).element())
    }

    /// Appends a leaf and returns its index. Costs 32 hashes.
    ///
    /// # Errors
    /// [`TreeError::Full`].
    pub fn push(&mut self, leaf: Leaf) -> Result<u32, TreeError> {
        let index = u32::try_from(self.len()).map_err(|_| TreeError::Full)?;
        self.set(index, leaf)?;
        Ok(index)
    }

    /// Replaces the leaf at `index`, or appends it if `index` is [`Self::len`]. Costs 32 hashes, or none if the place
    /// holds the leaf already.
    ///
    /// # Errors
    /// [`TreeError::OutOfRange`] if `index` is beyond that.
    pub fn set(&mut self, index: u32, leaf: Leaf) -> Result<(), TreeError> {
        let len = self.len();
        if u64::from(index) > len {
            return Err(TreeError::OutOfRange { index, len });
        }
        if self.store(index, leaf) {
            self.levels.rehash_one(index as usize);
        }
        Ok(())
    }

    /// Zeroes a place. It stays in use, and its former leaf is no longer found.
    ///
    /// # Errors
    /// [`TreeError::OutOfRange`] if the place was never used.
    pub fn clear(&mut self, index: u32) -> Result<(), TreeError> {
        let len = self.len();
        if u64::from(index) >= len {
            return Err(TreeError::OutOfRange { index, len });
        }
        self.set(index, Leaf::EMPTY)
    }

    /// A place that holds this leaf; never one for the empty leaf. Compares leaves only, so an inner node is not found.
    pub fn find(&self, leaf: Leaf) -> Option<u32> {
        self.index.find(leaf, self.levels.leaves())
    }

    /// The path from a place to the root; none if the place was never used. Hashes nothing. A zeroed place has a path
    /// too, with which only the empty leaf fits, and that [`MerklePath::verify`] refuses.
    pub fn path(&self, index: u32) -> Option<MerklePath> {
        if u64::from(index) >= self.len() {
            return None;
        }
        let siblings = std::array::from_fn(|level| self.levels.node(level, (index as usize >> level) ^ 1));
        Some(MerklePath { index, siblings })
    }

    /// Bytes that the tree holds on the heap.
    pub fn memory_bytes(&self) -> usize {
        self.levels.memory_bytes() + self.index.memory_bytes()
    }

    /// About what [`Self::memory_bytes`] will be for so many places, before there is a tree: 32 bytes a node, of which there
    /// are two for each leaf, and 6 to 12 a place in the index, whose tables grow by doubling.
    pub fn expected_memory_bytes(places: u64) -> u64 {
        Self::new().memory_bytes() as u64 + places.saturating_mul(72)
    }

    /// Puts a leaf at a place that is in use or the next one, and says whether the nodes above it are now stale.
    pub(crate) fn store(&mut self, index: u32, leaf: Leaf) -> bool {
        let position = index as usize;
        if position == self.levels.leaves().len() {
            self.levels.grow(position + 1);
        }
        let old = Leaf::new(self.levels.leaves()[position].element());
        if old == leaf {
            return false;
        }
        self.index.remove(old, index);
        self.levels.set_leaf(position, leaf.as_node());
        self.index.insert(leaf, index, self.levels.leaves());
        true
    }
}

impl Default for MerkleTree {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MerkleTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MerkleTree").field("len", &self.len()).field("root", &self.root()).finish_non_exhaustive()
    }
}
