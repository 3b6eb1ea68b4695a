use std::time::{Duration, Instant};

use proptest::prelude::*;
use veilpass_merkle::{MerkleTree, TreeError};
use veilpass_protocol::Leaf;

use crate::model::{Model, leaf};

/// Few values, so that places often hold the same one. 0 is the empty leaf.
const VALUES: u64 = 6;

#[derive(Clone, Debug)]
enum Operation {
    Push(Leaf),
    Set(u32, Leaf),
    Clear(u32),
    Apply(Vec<(u32, Leaf)>),
}

fn leaves() -> impl Strategy<Value = Leaf> {
    (0..VALUES).prop_map(leaf)
}

/// Indices are drawn before the tree's length is known, and [`within`] brings them to it or just beyond.
fn operations() -> impl Strategy<Value = Operation> {
    let index = 0..10_000u32;
    prop_oneof![
        3 => leaves().prop_map(Operation::Push),
        2 => (index.clone(), leaves()).prop_map(|(index, leaf)| Operation::Set(index, leaf)),
        2 => index.clone().prop_map(Operation::Clear),
        2 => prop::collection::vec((index, leaves()), 0..12).prop_map(Operation::Apply),
    ]
}

fn within(index: u32, len: usize) -> u32 {
    index % (len as u32 + 2)
}

fn check(tree: &MerkleTree, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(tree.len(), model.leaves.len() as u64);
    prop_assert_eq!(tree.is_empty(), model.leaves.is_empty());
    prop_assert_eq!(tree.root(), model.root());
    for (index, leaf) in model.leaves.iter().enumerate() {
        prop_assert_eq!(tree.leaf(index as u32), Some(*leaf));
    }
    prop_assert_eq!(tree.leaf(model.leaves.len() as u32), None);
    prop_assert_eq!(tree.find(Leaf::EMPTY), None);
    for leaf in (1..=VALUES).map(leaf) {
        match tree.find(leaf) {
            Some(index) => prop_assert_eq!(model.leaves[index as usize], leaf),
            None => prop_assert!(!model.leaves.contains(&leaf)),
        }
    }
    Ok(())
}

fn check_paths(tree: &MerkleTree, model: &Model) -> Result<(), TestCaseError> {
    for (index, leaf) in model.leaves.iter().enumerate() {
        let path = tree.path(index as u32).unwrap();
        prop_assert_eq!(path.index, index as u32);
        prop_assert_eq!(path.siblings, model.siblings(index as u32));
        prop_assert_eq!(path.verify(*leaf, tree.root()), *leaf != Leaf::EMPTY);
    }
    prop_assert_eq!(tree.path(model.leaves.len() as u32), None);
    prop_assert_eq!(tree.path(u32::MAX), None);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_sequence_of_operations_gives_the_tree_of_its_leaves(
        operations in prop::collection::vec(operations(), 1..24),
    ) {
        let mut tree = MerkleTree::new();
        let mut model = Model::default();
        for operation in operations {
            let len = model.leaves.len();
            match operation {
                Operation::Push(leaf) => {
                    prop_assert_eq!(tree.push(leaf), Ok(len as u32));
                    model.leaves.push(leaf);
                }
                Operation::Set(index, leaf) => {
                    let index = within(index, len);
                    prop_assert_eq!(tree.set(index, leaf), model.set(index, leaf));
                }
                Operation::Clear(index) => {
                    let index = within(index, len);
                    let expected = match model.leaves.get_mut(index as usize) {
                        Some(leaf) => { *leaf = Leaf::EMPTY; Ok(()) }
                        None => Err(TreeError::OutOfRange { index, len: len as u64 }),
                    };
                    prop_assert_eq!(tree.clear(index), expected);
                }
                Operation::Apply(mut changes) => {
                    // Appends make the later indices of the same call valid.
                    for (offset, change) in changes.iter_mut().enumerate() {
                        change.0 = within(change.0, len + offset / 2);
                    }
                    prop_assert_eq!(tree.apply(&changes), model.apply(&changes));
                }
            }
            check(&tree, &model)?;
        }
        check_paths(&tree, &model)?;
    }

    #[test]
    fn building_equals_applying_to_an_empty_tree(leaves in prop::collection::vec(leaves(), 0..40)) {
        let changes: Vec<_> = leaves.iter().enumerate().map(|(index, leaf)| (index as u32, *leaf)).collect();
        let mut applied = MerkleTree::new();
        applied.apply(&changes).unwrap();
        let built = MerkleTree::build(leaves.clone());
        let model = Model { leaves };
        for tree in [applied, built] {
            check(&tree, &model)?;
            check_paths(&tree, &model)?;
        }
    }
}

#[test]
fn many_leaves_at_once_take_the_parallel_way_to_the_same_tree() {
    let mut model = Model { leaves: (1..=9001).map(leaf).collect() };
    let mut built = MerkleTree::build(model.leaves.clone());
    assert_eq!(built.root(), model.root());
    assert!(built.memory_bytes() >= 9001 * 64);

    // More than one batch, in no order, some twice, some beyond the old end, some zeroed.
    let changes: Vec<_> = (0..9300u32).rev().map(|n| (n * 7 % 9001, leaf(u64::from(n % 11) * 100_000))).collect();
    let changes = [changes, (0..200).map(|n| (9001 + n, leaf(20_000 + u64::from(n)))).collect()].concat();
    built.apply(&changes).unwrap();
    model.apply(&changes).unwrap();
    assert_eq!(built.root(), model.root());
    for index in [0, 1, 4095, 4096, 8191, 8192, 9000, 9001, 9200] {
        let leaf = model.leaves[index as usize];
        assert_eq!(built.path(index).unwrap().root(leaf), built.root(), "{index}");
        assert_eq!(built.find(leaf).map(|found| model.leaves[found as usize]), (leaf != Leaf::EMPTY).then_some(leaf));
    }
}

#[test]
fn a_refused_batch_changes_nothing() {
    let mut tree = MerkleTree::build((1..=5).map(leaf).collect());
    let root = tree.root();
    let changes = [(0, leaf(90)), (5, leaf(91)), (7, leaf(92)), (6, leaf(93))];
    assert_eq!(tree.apply(&changes), Err(TreeError::OutOfRange { index: 7, len: 6 }));
    assert_eq!((tree.len(), tree.root(), tree.find(leaf(90)), tree.find(leaf(1))), (5, root, None, Some(0)));
    tree.apply(&[]).unwrap();
    assert_eq!(tree.root(), root);
}

#[test]
fn a_value_that_is_held_twice_is_found_until_its_last_place_is_cleared() {
    let mut tree = MerkleTree::build(vec![leaf(7), leaf(8), leaf(7), leaf(7)]);
    let mut cleared = Vec::new();
    while let Some(index) = tree.find(leaf(7)) {
        assert_eq!(tree.leaf(index), Some(leaf(7)));
        tree.clear(index).unwrap();
        cleared.push(index);
    }
    cleared.sort_unstable();
    assert_eq!(cleared, [0, 2, 3]);

    // The other order: the places that are not the one found go first.
    let mut tree = MerkleTree::build(vec![leaf(7), leaf(8), leaf(7), leaf(7)]);
    let found = tree.find(leaf(7)).unwrap();
    for index in [0, 2, 3].into_iter().filter(|index| *index != found) {
        tree.set(index, leaf(9)).unwrap();
    }
    assert_eq!(tree.find(leaf(7)), Some(found));
    tree.set(found, leaf(9)).unwrap();
    assert_eq!(tree.find(leaf(7)), None);
}

#[test]
fn equal_values_do_not_slow_the_index() {
    // A table in which equal values share one probe sequence needs about 3 * 10^10 steps for this, which is minutes.
    // Hashing is no part of it: the places are emptied before the nodes are computed.
    let count = 1_000_000;
    let fill = (0..count).map(|index| (index, leaf(7)));
    let empty = (0..count).map(|index| (index, Leaf::EMPTY));
    let mut tree = MerkleTree::new();
    let started = Instant::now();
    tree.apply(&fill.chain(empty).collect::<Vec<_>>()).unwrap();
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!((tree.find(leaf(7)), tree.root()), (None, MerkleTree::new().root()));
}

#[test]
fn an_inner_node_is_not_a_leaf() {
    let tree = MerkleTree::build((1..=9).map(leaf).collect());
    let path = tree.path(4).unwrap();
    for node in &path.siblings[1..] {
        assert_eq!(tree.find(Leaf::new(node.element())), None);
    }
    assert_eq!(tree.find(Leaf::new(tree.root().element())), None);
    assert_eq!(tree.find(Leaf::new(path.siblings[0].element())), Some(5));
}
