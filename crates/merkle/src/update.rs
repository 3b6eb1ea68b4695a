//! Many changes at once.

use veilpass_protocol::Leaf;

use crate::{
    error::TreeError,
    tree::{MAX_LEAVES, MerkleTree},
};

impl MerkleTree {
    /// Makes these changes in order, as [`Self::set`] would, but recomputes each inner node once and on all cores. If a
    /// place occurs more than once, the last change stands.
    ///
    /// # Errors
    /// [`TreeError::OutOfRange`] for the first change that is neither at a place in use (by then) nor at the next one.
    /// Nothing is changed in that case.
    pub fn apply(&mut self, changes: &[(u32, Leaf)]) -> Result<(), TreeError> {
        let len = length_after(self.len(), changes)?;
        // New places are empty until their change is stored, so all room is made in one step.
        self.levels.grow(len as usize);
        let mut dirty: Vec<u32> = Vec::with_capacity(changes.len());
        for &(index, leaf) in changes {
            if self.store(index, leaf) {
                dirty.push(index);
            }
        }
        dirty.sort_unstable();
        dirty.dedup();
        self.levels.rehash(dirty);
        Ok(())
    }
}

/// Places in use after these changes to a tree of `len`, if they are valid.
fn length_after(mut len: u64, changes: &[(u32, Leaf)]) -> Result<u64, TreeError> {
    for &(index, _) in changes {
        match u64::from(index) {
            place if place > len => return Err(TreeError::OutOfRange { index, len }),
            place if place == len => len += 1,
            _ => {}
        }
    }
    debug_assert!(len <= MAX_LEAVES);
    Ok(len)
}
