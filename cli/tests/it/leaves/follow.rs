//! A device builds the tree, and follows it.

use veilpass_cli::{holders::Holder, publish::publish};
use veilpass_leafset::Changes;
use veilpass_merkle::MerkleTree;
use veilpass_protocol::{Leaf, hash_leaf};

use super::{Downloader, grow, newest_root};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_makes_its_own_path_under_the_published_root_and_follows_changes() {
    let stack = TestStack::start().await;
    let downloader = Downloader::of(&stack);
    let first = downloader.newest().await;
    let (set, whole) = downloader.leaves(first).await;
    let mut tree = MerkleTree::build(set.leaves);
    assert_eq!((tree.root(), tree.root()), (set.header.root, newest_root(&stack).await));
    let holder = Holder::new(7);
    let leaf = hash_leaf(holder.secret.commitment(), holder.token_id, holder.track_id);
    let place = tree.find(leaf).unwrap();
    assert!(tree.path(place).unwrap().verify(leaf, set.header.root));

    // Some come, some go: one of those who come too.
    stack.store.revoke(stack.registry, place).await.unwrap();
    grow(&stack, 12, 5).await;
    stack.store.revoke(stack.registry, 13).await.unwrap();
    publish(&stack.store, stack.registry).await.unwrap();
    let second = downloader.newest().await;
    assert_eq!(second, first + 7);
    let changes = downloader.get(&format!("/{second}/changes?since={first}"), &[]).await;
    let changes = Changes::decode(&changes.body).unwrap();
    assert_eq!((changes.header.since, changes.header.to.version), (first, second));
    assert_eq!(changes.changes.len(), 6, "the last change of each place");
    assert_eq!(changes.changes[0], (place, Leaf::EMPTY));
    tree.apply(&changes.changes).unwrap();
    assert_eq!((tree.root(), tree.len()), (newest_root(&stack).await, changes.header.to.leaf_count));
    assert!(tree.find(leaf).is_none());

    // The same by downloading all; and what was published before is what it was, to the byte.
    let (newer, _) = downloader.leaves(second).await;
    assert_eq!(MerkleTree::build(newer.leaves).root(), tree.root());
    let (_, again) = downloader.leaves(first).await;
    assert!(again.body == whole.body && again.header("etag") == whole.header("etag"));
    let nothing = downloader.get(&format!("/{second}/changes?since={second}"), &[]).await;
    assert!(Changes::decode(&nothing.body).unwrap().changes.is_empty());
}

/// Leaves are random, and so no shorter when compressed; this says by how much, for the operator's page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compression_saves_what_is_empty() {
    let stack = TestStack::start().await;
    grow(&stack, 12, 2_036).await;
    let downloader = Downloader::of(&stack);
    let measure = async |what: &str| {
        let path = format!("/{}", downloader.newest().await);
        let plain = downloader.get(&path, &[]).await.body.len() as f64;
        let ratio =
            async |coding| downloader.get(&path, &[("accept-encoding", coding)]).await.body.len() as f64 / plain;
        let (gzip, brotli) = (ratio("gzip").await, ratio("br").await);
        println!("{what}: gzip {gzip:.3}, br {brotli:.3} of {plain} bytes");
        (gzip, brotli)
    };
    let (gzip, brotli) = measure("no place empty").await;
    assert!(gzip < 1.01 && brotli < 1.01, "at worst a little longer: {gzip} {brotli}");
    for place in 0..1_024 {
        stack.store.revoke(stack.registry, 2 * place).await.unwrap();
    }
    publish(&stack.store, stack.registry).await.unwrap();
    let (gzip, brotli) = measure("every second place empty").await;
    assert!(gzip < 0.6 && brotli < 0.6, "{gzip} {brotli}");
}
