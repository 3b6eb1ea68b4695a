//! Roots for changes that wait: gathered in batches, and each root computed once, by one leader.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use veilpass_merkle::MerkleTree;
use veilpass_protocol::RegistryId;
use veilpass_store::{Leadership, PendingChanges, PublishError, PublishedRoot, Store, StoreError, TreeLogError};

/// The role that one relayer has at a time.
const ROLE: &str = "veilpass root publication";
/// How often one who does not lead tries to: each try is a connection of its own.
const TRY_EVERY: Duration = Duration::from_secs(1);

/// When a batch of changes is complete.
#[derive(Debug, Clone, Copy)]
pub struct BatchOptions {
    /// At this many changes.
    pub changes: u64,
    /// When the oldest has waited for this long.
    pub age: Duration,
}

impl BatchOptions {
    /// One root at a time: the next has whatever came meanwhile. An ageing root is published again, so that proofs go on.
    fn is_due(&self, pending: &PendingChanges) -> bool {
        let complete = pending.count() >= self.changes || (pending.count() > 0 && pending.oldest >= self.age);
        !pending.is_under_way && pending.change_seq > 0 && (complete || pending.is_ageing)
    }
}

/// Records roots for the registries of a program while it leads; another takes over when it dies.
pub struct RootBatches {
    store: Store,
    program: String,
    options: BatchOptions,
    leadership: Option<Leadership>,
    /// When it last tried to lead and could not.
    tried_at: Option<Instant>,
    /// With the number of the newest change in each.
    trees: HashMap<RegistryId, (MerkleTree, u64)>,
}

/// Why a root was not recorded.
#[derive(Debug, thiserror::Error)]
enum BatchError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Log(#[from] TreeLogError),
}

impl RootBatches {
    /// For the anchored registries of a program, base58.
    pub fn new(store: Store, program: String, options: BatchOptions) -> Self {
        Self { store, program, options, leadership: None, tried_at: None, trees: HashMap::new() }
    }

    /// Records a root for each registry whose batch is complete, if this process leads or can. Returns the roots.
    pub async fn look(&mut self) -> Result<Vec<(RegistryId, PublishedRoot)>, StoreError> {
        if !self.lead().await? {
            return Ok(vec![]);
        }
        let mut published = vec![];
        for pending in self.store.pending_changes(&self.program).await? {
            if !self.options.is_due(&pending) {
                continue;
            }
            let registry = pending.registry;
            match self.publish(&pending).await {
                Ok(root) => {
                    tracing::info!(%registry, root_seq = root.seq, changes = pending.count(), "a root for a batch of changes");
                    published.push((registry, root));
                }
                // One registry does not keep the others waiting.
                Err(error) => {
                    self.trees.remove(&registry);
                    tracing::error!(%registry, %error, "no root for the changes that wait");
                }
            }
        }
        Ok(published)
    }

    /// Whether this process leads.
    async fn lead(&mut self) -> Result<bool, StoreError> {
        if let Some(leadership) = &mut self.leadership
            && leadership.is_held().await
        {
            return Ok(true);
        }
        // What another leader does meanwhile is in the log; memory need not be kept for it.
        self.trees.clear();
        self.leadership = None;
        if self.tried_at.is_some_and(|tried| tried.elapsed() < TRY_EVERY) {
            return Ok(false);
        }
        self.leadership = self.store.try_lead(ROLE).await?;
        self.tried_at = self.leadership.is_none().then(Instant::now);
        if self.leadership.is_some() {
            tracing::info!("leads the publication of roots");
        }
        Ok(self.leadership.is_some())
    }

    async fn publish(&mut self, pending: &PendingChanges) -> Result<PublishedRoot, BatchError> {
        let (tree, change_seq) = self.trees.entry(pending.registry).or_default();
        self.store.follow_tree(pending.registry, tree, change_seq, pending.change_seq).await?;
        let root =
            self.store.publish_root_after(pending.registry, pending.root_seq, tree.root(), *change_seq, tree.len());
        Ok(root.await?)
    }

    /// Gives the role up, so that another need not wait for the connection to end.
    pub async fn resign(self) {
        if let Some(leadership) = self.leadership {
            leadership.resign().await;
        }
    }
}
