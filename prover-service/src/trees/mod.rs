//! The prover's trees, one for each registry, kept at the newest published root.
//!
//! Together they stay within a budget: the least recently used ones are dropped, and come back from a snapshot or the log
//! when a job needs them. Nothing is lost with them, since the log is the truth.

mod kept;
mod snapshots;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use metrics::{Unit, describe_gauge, gauge};
use tokio::sync::Mutex;
use veilpass_merkle::{MerklePath, MerkleTree};
use veilpass_protocol::{Leaf, RegistryId};
use veilpass_store::{ProverTreeReport, PublishedRoot, Store, StoreError, TreeLogError};
use veilpass_telemetry::alert;

use self::{
    kept::{Kept, Weighed},
    snapshots::Snapshots,
};

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
    snapshots: Snapshots,
    kept: Mutex<Kept<TreeState>>,
}

impl RegistryTrees {
    /// No trees yet. `prover` is the name that reports go by, `budget` what the trees may take together, in bytes.
    pub(crate) fn new(store: Store, prover: String, snapshot_dir: Option<PathBuf>, budget: u64) -> Self {
        Self { store, prover, snapshots: Snapshots(snapshot_dir), kept: Mutex::new(Kept::new(budget)) }
    }

    /// Brings the trees of all registries up to date, so that the first job need not wait for it; of those that are not in
    /// memory only what fits. One that cannot be is left behind: jobs of the others can be proved.
    pub(crate) async fn warm_up(&self) -> Result<(), StoreError> {
        for registry in self.store.registries().await? {
            let expected = MerkleTree::expected_memory_bytes(registry.leaf_count);
            if !self.kept.lock().await.has_or_fits(registry.id, expected) {
                continue;
            }
            match self.visit(registry.id, None, false).await {
                Ok(_) | Err(TreeSyncError::NoRoot) => {}
                Err(TreeSyncError::Store(error) | TreeSyncError::Log(TreeLogError::Store(error))) => return Err(error),
                Err(error) => tracing::error!(registry = %registry.id, %error, "a tree is not at its published root"),
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
        self.visit(registry, leaf, true).await
    }

    async fn visit(
        &self,
        registry: RegistryId,
        leaf: Option<Leaf>,
        by_job: bool,
    ) -> Result<(PublishedRoot, Option<MerklePath>), TreeSyncError> {
        let state = self.kept.lock().await.get(registry);
        let mut state = state.lock_owned().await;
        let found = self.find(&mut state, registry, leaf).await;
        let bytes = state.tree.memory_bytes() as u64;
        drop(state);
        self.keep_to_budget(registry, bytes, by_job).await;
        found
    }

    async fn find(
        &self,
        state: &mut TreeState,
        registry: RegistryId,
        leaf: Option<Leaf>,
    ) -> Result<(PublishedRoot, Option<MerklePath>), TreeSyncError> {
        // Read under the lock: a root that is older than the tree cannot be met here.
        let root = self.store.newest_root(registry).await?.filter(|root| root.is_fresh).ok_or(TreeSyncError::NoRoot)?;
        self.bring_to(state, registry, &root).await?;
        let path = leaf.and_then(|leaf| state.tree.find(leaf)).and_then(|index| state.tree.path(index));
        Ok((root, path))
    }

    /// Drops trees until the rest fits the budget.
    async fn keep_to_budget(&self, used: RegistryId, bytes: u64, by_job: bool) {
        let mut kept = self.kept.lock().await;
        let Weighed { dropped, is_alone_over_budget } = kept.weigh(used, bytes, by_job);
        gauge!("veilpass_tree_bytes").set(kept.bytes() as f64);
        gauge!("veilpass_trees").set(kept.len() as f64);
        // Others need not wait while files are written.
        drop(kept);
        for (registry, mut state) in dropped {
            self.snapshots.save(&mut state, registry, 1);
            tracing::info!(%registry, bytes = state.tree.memory_bytes(), "dropped the tree, for which there is no room");
        }
        if is_alone_over_budget {
            alert(
                "tree_over_budget",
                format_args!(
                    "the tree of registry {used} has {bytes} bytes, more than all trees may: raise --tree-memory-mb"
                ),
            );
        }
    }

    async fn bring_to(
        &self,
        state: &mut TreeState,
        registry: RegistryId,
        root: &PublishedRoot,
    ) -> Result<(), TreeSyncError> {
        if state.tree.is_empty()
            && let Some(snapshot) = self.snapshots.load(registry, root)
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
        self.snapshots.save(state, registry, SNAPSHOT_EVERY);
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

    /// Writes snapshots of what changed since the last ones, before the prover stops.
    pub(crate) async fn save_all(&self) {
        for (registry, state) in self.kept.lock().await.all() {
            self.snapshots.save(&mut *state.lock().await, registry, 1);
        }
    }
}

/// Says what the metrics mean, once there is a recorder.
pub(crate) fn describe_metrics() {
    describe_gauge!("veilpass_tree_bytes", Unit::Bytes, "Memory of all trees that this prover holds");
    describe_gauge!("veilpass_trees", "Trees that this prover holds");
}
