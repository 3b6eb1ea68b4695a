//! The proof that a leaf is in the tree.

use std::fmt;

use veilpass_protocol::{Leaf, MerkleRoot, Node, TREE_DEPTH, hash_node};

/// The way from a place of the tree to its root.
#[derive(Clone, PartialEq, Eq)]
pub struct MerklePath {
    /// The place: the leaf's index in the tree.
    pub index: u32,
    /// The sibling at each level, lowest first.
    pub siblings: [Node; TREE_DEPTH],
}

impl MerklePath {
    /// Whether the node at each level is a right child, lowest first: the bits of the index, least significant first.
    pub fn index_bits(&self) -> [bool; TREE_DEPTH] {
        std::array::from_fn(|level| self.index >> level & 1 == 1)
    }

    /// The root of a tree that holds `leaf` at this place. Costs 32 hashes.
    pub fn root(&self, leaf: Leaf) -> MerkleRoot {
        let root = self.siblings.iter().zip(self.index_bits()).fold(leaf.as_node(), |node, (sibling, is_right)| {
            if is_right { hash_node(*sibling, node) } else { hash_node(node, *sibling) }
        });
        MerkleRoot::new(root.element())
    }

    /// Whether `leaf` is at this place of the tree with this root. The empty leaf is a member of no tree.
    pub fn verify(&self, leaf: Leaf, root: MerkleRoot) -> bool {
        leaf != Leaf::EMPTY && self.root(leaf) == root
    }
}

/// Shows nothing: the index and the siblings each name the listener's place in the tree, and must not reach a log.
impl fmt::Debug for MerklePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MerklePath").finish_non_exhaustive()
    }
}
