//! The tree as one would define it, and nothing faster: every node is computed from the leaves when asked for.

use std::sync::Mutex;

use veilpass_merkle::TreeError;
use veilpass_protocol::{FieldElement, Leaf, MerkleRoot, Node, TREE_DEPTH, hash_node};

/// A leaf by number; 0 is the empty leaf.
pub(crate) fn leaf(number: u64) -> Leaf {
    Leaf::new(FieldElement::from_u64(number))
}

/// The root of a subtree without leaves. Remembered, for speed only.
fn empty(height: usize) -> Node {
    static KNOWN: Mutex<Vec<Node>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap();
    while known.len() <= height {
        let next = known.last().map_or(Node::new(FieldElement::ZERO), |below| hash_node(*below, *below));
        known.push(next);
    }
    known[height]
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) leaves: Vec<Leaf>,
}

impl Model {
    pub(crate) fn set(&mut self, index: u32, leaf: Leaf) -> Result<(), TreeError> {
        let len = self.leaves.len();
        match self.leaves.get_mut(index as usize) {
            Some(place) => *place = leaf,
            None if index as usize == len => self.leaves.push(leaf),
            None => return Err(TreeError::OutOfRange { index, len: len as u64 }),
        }
        Ok(())
    }

    pub(crate) fn apply(&mut self, changes: &[(u32, Leaf)]) -> Result<(), TreeError> {
        let mut changed = self.clone();
        for (index, leaf) in changes {
            changed.set(*index, *leaf)?;
        }
        *self = changed;
        Ok(())
    }

    /// Folds whole levels: leaves padded with zeros to a full subtree, then up along the left edge.
    pub(crate) fn root(&self) -> MerkleRoot {
        let mut level: Vec<Node> = self.leaves.iter().map(|leaf| leaf.as_node()).collect();
        level.resize(level.len().next_power_of_two(), Node::new(FieldElement::ZERO));
        for height in 0..TREE_DEPTH {
            level = match level.as_slice() {
                [only] => vec![hash_node(*only, empty(height))],
                pairs => pairs.chunks(2).map(|pair| hash_node(pair[0], pair[1])).collect(),
            };
        }
        MerkleRoot::new(level[0].element())
    }

    /// The siblings on the way up from a place, each folded by itself.
    pub(crate) fn siblings(&self, index: u32) -> [Node; TREE_DEPTH] {
        std::array::from_fn(|height| self.node(height, (index as usize >> height) ^ 1))
    }

    fn node(&self, height: usize, position: usize) -> Node {
        if position << height >= self.leaves.len() {
            return empty(height);
        }
        if height == 0 {
            return self.leaves[position].as_node();
        }
        hash_node(self.node(height - 1, 2 * position), self.node(height - 1, 2 * position + 1))
    }
}
