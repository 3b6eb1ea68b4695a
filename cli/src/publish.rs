//! Publishing a root: the tree after all changes so far.

use anyhow::Context;
use veilpass_merkle::MerkleTree;
use veilpass_protocol::RegistryId;
use veilpass_store::{PublishedRoot, Store};

/// Reads the registry's log of changes, builds its tree, and publishes the root.
pub async fn publish(store: &Store, registry: RegistryId) -> anyhow::Result<PublishedRoot> {
    let target = store.registry(registry).await?.context("there is no such registry")?;
    let (mut tree, mut done) = (MerkleTree::new(), 0);
    store.follow_tree(registry, &mut tree, &mut done, target.change_seq).await?;
    Ok(store.publish_root(registry, tree.root(), done, tree.len()).await?)
}
