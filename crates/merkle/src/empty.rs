//! The roots of subtrees without leaves.

use std::sync::LazyLock;

use veilpass_protocol::{Leaf, Node, TREE_DEPTH, hash_node};

/// `EMPTY[k]` is the node of a subtree of height `k` that holds no leaf; `EMPTY[0]` is the empty leaf.
pub(crate) static EMPTY: LazyLock<[Node; TREE_DEPTH + 1]> = LazyLock::new(|| {
    let mut nodes = [Leaf::EMPTY.as_node(); TREE_DEPTH + 1];
    for height in 1..nodes.len() {
        nodes[height] = hash_node(nodes[height - 1], nodes[height - 1]);
    }
    nodes
});
