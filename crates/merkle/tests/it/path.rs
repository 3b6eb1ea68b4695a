use veilpass_merkle::{MerklePath, MerkleTree};
use veilpass_protocol::{FieldElement, Leaf, MerkleRoot, Node, TREE_DEPTH, hash_node};

use crate::model::leaf;

fn tree_of(count: u64) -> MerkleTree {
    MerkleTree::build((1..=count).map(leaf).collect())
}

#[test]
fn the_root_is_the_fold_by_hand() {
    // Place 5 of six leaves 1..=6: a right child, then a left one, then a right one, then left ones only.
    let [n1, n2, n3, n4, n5, n6] = [1, 2, 3, 4, 5, 6].map(|number| leaf(number).as_node());
    let e0 = Node::new(FieldElement::ZERO);
    let e1 = hash_node(e0, e0);
    let left = hash_node(hash_node(n1, n2), hash_node(n3, n4));
    let mut root = hash_node(left, hash_node(hash_node(n5, n6), e1));
    // From height 3 on the whole tree is the left child; its sibling is empty and as high.
    let mut empty = hash_node(hash_node(e1, e1), hash_node(e1, e1));
    for _ in 3..TREE_DEPTH {
        root = hash_node(root, empty);
        empty = hash_node(empty, empty);
    }
    let tree = tree_of(6);
    let path = tree.path(5).unwrap();
    assert_eq!(path.siblings[..3], [n5, e1, left]);
    assert_eq!(path.root(leaf(6)), MerkleRoot::new(root.element()));
    assert_eq!(path.root(leaf(6)), tree.root());
}

#[test]
fn index_bits_are_least_significant_first() {
    let path = MerklePath { index: 0x8000_0006, siblings: [Node::new(FieldElement::ZERO); TREE_DEPTH] };
    let bits = path.index_bits();
    let set: Vec<usize> = (0..TREE_DEPTH).filter(|bit| bits[*bit]).collect();
    assert_eq!(set, [1, 2, 31]);
}

#[test]
fn only_the_right_leaf_index_and_siblings_verify() {
    let tree = tree_of(11);
    let root = tree.root();
    let path = tree.path(6).unwrap();
    assert!(path.verify(leaf(7), root));
    assert!(!path.verify(leaf(8), root));
    assert!(!path.verify(leaf(7), tree_of(12).root()));
    for bit in 0..TREE_DEPTH {
        let mut wrong = path.clone();
        wrong.index ^= 1 << bit;
        assert!(!wrong.verify(leaf(7), root), "index bit {bit}");
        let mut wrong = path.clone();
        wrong.siblings[bit] = Node::new(FieldElement::from_u64(1));
        assert!(!wrong.verify(leaf(7), root), "sibling {bit}");
    }
}

#[test]
fn the_empty_leaf_is_no_member() {
    let mut tree = tree_of(3);
    tree.clear(1).unwrap();
    let path = tree.path(1).unwrap();
    // The path itself is right: only the rule about the empty leaf refuses it.
    assert_eq!(path.root(Leaf::EMPTY), tree.root());
    assert!(!path.verify(Leaf::EMPTY, tree.root()));
}

#[test]
fn debug_output_does_not_name_the_place() {
    assert_eq!(format!("{:?}", tree_of(3).path(2).unwrap()), "MerklePath { .. }");
}
