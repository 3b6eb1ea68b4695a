//! Trees as files, which spare a restart the rehashing.

use std::path::PathBuf;

use veilpass_merkle::snapshot::{read_snapshot, write_snapshot};
use veilpass_protocol::RegistryId;
use veilpass_store::PublishedRoot;

use super::TreeState;

/// The folder of snapshots, if there is one.
pub(super) struct Snapshots(pub(super) Option<PathBuf>);

impl Snapshots {
    fn path(&self, registry: RegistryId) -> Option<PathBuf> {
        Some(self.0.as_ref()?.join(format!("{registry}.tree")))
    }

    /// The tree as it was saved, unless that is of no use for this root.
    pub(super) fn load(&self, registry: RegistryId, root: &PublishedRoot) -> Option<TreeState> {
        let path = self.path(registry)?;
        match tokio::task::block_in_place(|| read_snapshot(&path, registry)) {
            Ok(snapshot) if snapshot.change_seq <= root.change_seq => {
                tracing::info!(%registry, change_seq = snapshot.change_seq, "loaded a tree snapshot");
                let change_seq = snapshot.change_seq;
                Some(TreeState { tree: snapshot.tree, change_seq, snapshot_seq: change_seq, reported: None })
            }
            Ok(_) => {
                tracing::warn!(%registry, "the tree snapshot is ahead of the database: not used");
                None
            }
            Err(error) if error.is_missing() => None,
            Err(error) => {
                tracing::warn!(%registry, %error, "the tree snapshot is not usable");
                None
            }
        }
    }

    /// Saves a tree if it has changed at least so often since it was last saved.
    pub(super) fn save(&self, state: &mut TreeState, registry: RegistryId, min_changes: u64) {
        let Some(path) = self.path(registry) else { return };
        if state.change_seq < state.snapshot_seq + min_changes {
            return;
        }
        match tokio::task::block_in_place(|| write_snapshot(&path, &state.tree, registry, state.change_seq)) {
            Ok(()) => state.snapshot_seq = state.change_seq,
            Err(error) => tracing::warn!(%registry, %error, "could not write a tree snapshot"),
        }
    }
}
