//! Bringing a tree to where the log of leaf changes is.

use tokio::runtime::{Handle, RuntimeFlavor};
use veilpass_merkle::MerkleTree;
use veilpass_protocol::RegistryId;

use crate::{Store, StoreError};

/// Changes read at once: bounds the memory of following a long log.
const PAGE: u32 = 20_000;

/// Why a tree could not follow the log.
#[derive(Debug, thiserror::Error)]
pub enum TreeLogError {
    /// The log has a gap, or names a place beyond the next one.
    #[error("the log of leaf changes does not continue after change {0}")]
    Gap(u64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Applies to `tree` the changes after number `change_seq` up to number `until`. `change_seq` moves along, and is right
    /// after an error too. Hashes on this thread, having told a runtime of several that it blocks.
    pub async fn follow_tree(
        &self,
        registry: RegistryId,
        tree: &mut MerkleTree,
        change_seq: &mut u64,
        until: u64,
    ) -> Result<(), TreeLogError> {
        while *change_seq < until {
            let changes = self.leaf_changes(registry, *change_seq, until, PAGE).await?;
            let contiguous = changes.iter().zip(*change_seq + 1..).all(|(change, seq)| change.seq == seq);
            let Some(last) = changes.last().filter(|_| contiguous) else { return Err(TreeLogError::Gap(*change_seq)) };
            let updates: Vec<_> = changes.iter().map(|change| (change.leaf_index, change.leaf)).collect();
            let applied = match Handle::current().runtime_flavor() {
                RuntimeFlavor::CurrentThread => tree.apply(&updates),
                _ => tokio::task::block_in_place(|| tree.apply(&updates)),
            };
            applied.map_err(|_| TreeLogError::Gap(*change_seq))?;
            *change_seq = last.seq;
        }
        Ok(())
    }
}
