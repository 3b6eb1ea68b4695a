//! The prover's trees, one for each registry, kept at the newest published root.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;
use veilpass_merkle::{
    MerklePath, MerkleTree,
    snapshot::{read_snapshot, write_snapshot},
};
use veilpass_protocol::{Leaf, RegistryId};
use veilpass_store::{ProverTreeReport, PublishedRoot, Store, StoreError, TreeLogError};

/// A snapshot is worth writing after this many changes.
const SNAPSHOT_EVERY: u64 = 10_000;
/// A tree that does not change is reported again after this long, to say that its prover lives.
const REPORT_EVERY: Duration = Duration::from_secs(20);

/// Why a tree is not at the newest root.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeSyncError {
    /// The registry has no root, or its newest has expired.
    #[error("the registry has no fresh root")]
    NoRoot,
    /// The leaves in the database do not hash to the root that was published for them.
    #[error("the leaves up to change {change_seq} do not hash to published root {root_seq}")]
    RootMismatch {
        /// Number of the root.
        root_seq: u64,
        /// The change that it goes up to.
        change_seq: u64,
    },
    /// The log of changes has a gap, or the database failed.
    #[error(transparent)]
    Log(#[from] TreeLogError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A registry's tree after all changes up to `change_seq`.
#[derive(Default)]
struct TreeState {
    tree: MerkleTree,
    change_seq: u64,
    snapshot_seq: u64,
    reported: Option<(u64, Instant)>,
}

/// All trees of this prover.
pub(crate) struct RegistryTrees {
    store: Store,
    prover: String,
    snapshot_dir: Option<PathBuf>,
    states: Mutex<HashMap<RegistryId, Arc<Mutex<TreeState>>>>,
}

impl RegistryTrees {
    /// No trees yet. `prover` is the name that reports go by.
    pub(crate) fn new(store: Store, prover: String, snapshot_dir: Option<PathBuf>) -> Self {
        Self { store, prover, snapshot_dir, states: Mutex::default() }
    }

    /// Brings the trees of all registries up to date, so that the first job need not wait for it.
    pub(crate) async fn warm_up(&self) -> Result<(), TreeSyncError> {
        for registry in self.store.registries().await? {
            match self.locate(registry.id, None).await {
                Ok(_) | Err(TreeSyncError::NoRoot) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The newest root, and under it the path of `leaf` if that is enrolled.
    pub(crate) async fn locate(
        &self,
        registry: RegistryId,
        leaf: Option<Leaf>,
    ) -> Result<(PublishedRoot, Option<MerklePath>), TreeSyncError> {
        let state = Arc::clone(self.states.lock().await.entry(registry).or_default());
        let mut state = state.lock().await;
        // Read under the lock: a root that is older than the tree cannot be met here.
        let root = self.store.newest_root(registry).await?.filter(|root| root.is_fresh).ok_or(TreeSyncError::NoRoot)?;
        self.bring_to(&mut state, registry, &root).await?;
        let path = leaf.and_then(|leaf| state.tree.find(leaf)).and_then(|index| state.tree.path(index));
        Ok((root, path))
    }

    async fn bring_to(
        &self,
        state: &mut TreeState,
        registry: RegistryId,
        root: &PublishedRoot,
    ) -> Result<(), TreeSyncError> {
        if state.tree.is_empty()
            && let Some(snapshot) = self.load_snapshot(registry, root)
        {
            *state = snapshot;
        }
        self.follow(state, registry, root.change_seq).await?;
        if state.tree.root() != root.root {
            // A damaged tree (or a snapshot of another history) is given up once; the log is the truth.
            tracing::warn!(%registry, root_seq = root.seq, "the tree is not at the published root: rebuilding it");
            *state = TreeState::default();
            self.follow(state, registry, root.change_seq).await?;
            if state.tree.root() != root.root {
                *state = TreeState::default();
                return Err(TreeSyncError::RootMismatch { root_seq: root.seq, change_seq: root.change_seq });
            }
        }
        self.save_snapshot(state, registry, SNAPSHOT_EVERY);
        if state.reported.is_none_or(|(seq, at)| seq != root.seq || at.elapsed() > REPORT_EVERY) {
            self.report(state, registry, root.seq).await;
            state.reported = Some((root.seq, Instant::now()));
        }
        Ok(())
    }

    /// Applies the changes after the tree's own up to number `until`.
    async fn follow(&self, state: &mut TreeState, registry: RegistryId, until: u64) -> Result<(), TreeSyncError> {
        Ok(self.store.follow_tree(registry, &mut state.tree, &mut state.change_seq, until).await?)
    }

    /// Says what the tree hashes to, for audits. Nothing depends on it.
    async fn report(&self, state: &TreeState, registry: RegistryId, root_seq: u64) {
        let report = ProverTreeReport { registry, root_seq, root: state.tree.root(), change_seq: state.change_seq };
        if let Err(error) = self.store.report_prover_tree(&self.prover, &report).await {
            tracing::warn!(%registry, %error, "could not report the tree");
        }
    }

    fn snapshot_path(&self, registry: RegistryId) -> Option<PathBuf> {
        Some(self.snapshot_dir.as_ref()?.join(format!("{registry}.tree")))
    }

    fn load_snapshot(&self, registry: RegistryId, root: &PublishedRoot) -> Option<TreeState> {
        let path = self.snapshot_path(registry)?;
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

    fn save_snapshot(&self, state: &mut TreeState, registry: RegistryId, min_changes: u64) {
        let Some(path) = self.snapshot_path(registry) else { return };
        if state.change_seq < state.snapshot_seq + min_changes {
            return;
        }
        match tokio::task::block_in_place(|| write_snapshot(&path, &state.tree, registry, state.change_seq)) {
            Ok(()) => state.snapshot_seq = state.change_seq,
            Err(error) => tracing::warn!(%registry, %error, "could not write a tree snapshot"),
        }
    }

    /// Writes snapshots of what changed since the last ones, before the prover stops.
    pub(crate) async fn save_all(&self) {
        for (registry, state) in self.states.lock().await.iter() {
            self.save_snapshot(&mut *state.lock().await, *registry, 1);
        }
    }
}
