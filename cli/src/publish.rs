//! Publishing a root: the tree after all changes so far.

use anyhow::Context;
use veilpass_merkle::MerkleTree;
use veilpass_protocol::RegistryId;
use veilpass_store::{PublishedRoot, Store};

const PAGE: u32 = 50_000;

/// Reads the registry's log of changes, builds its tree, and publishes the root.
pub async fn publish(store: &Store, registry: RegistryId) -> anyhow::Result<PublishedRoot> {
    let target = store.registry(registry).await?.context("there is no such registry")?;
    let mut tree = MerkleTree::new();
    let mut done = 0;
    while done < target.change_seq {
        let changes = store.leaf_changes(registry, done, target.change_seq, PAGE).await?;
        done = changes.last().context("the log of leaf changes has a gap")?.seq;
        let updates: Vec<_> = changes.iter().map(|change| (change.leaf_index, change.leaf)).collect();
        tokio::task::block_in_place(|| tree.apply(&updates))?;
    }
    Ok(store.publish_root(registry, tree.root(), done, tree.len()).await?)
}
