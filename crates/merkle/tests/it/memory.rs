//! What a tree says it weighs is what the kernel says.

use veilpass_merkle::MerkleTree;
use veilpass_protocol::{FieldElement, Leaf};

const LEAVES: u64 = 100_000;

fn leaves() -> impl Iterator<Item = Leaf> {
    (1..=LEAVES).map(|number| Leaf::new(FieldElement::from_u64(number)))
}

fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() * 1024.0
}

fn close(what: &str, said: f64, other: f64) {
    assert!((0.8..1.2).contains(&(said / other)), "{what}: {said} against {other}");
}

/// One test, since a second one in this process would grow it too.
#[test]
fn the_bytes_of_a_tree_are_resident_and_foreseen() {
    let before = resident_bytes();
    let built = MerkleTree::build(leaves().collect());
    let with_one = resident_bytes();
    close("built", built.memory_bytes() as f64, with_one - before);

    // As the log is followed: in batches, whose vectors grow and are copied.
    let mut followed = MerkleTree::new();
    let changes: Vec<(u32, Leaf)> = leaves().enumerate().map(|(place, leaf)| (place as u32, leaf)).collect();
    let before = resident_bytes();
    for batch in changes.chunks(10_000) {
        followed.apply(batch).unwrap();
    }
    close("followed", followed.memory_bytes() as f64, resident_bytes() - before);

    let foreseen = MerkleTree::expected_memory_bytes(LEAVES) as f64;
    close("foreseen", foreseen, built.memory_bytes() as f64);
    close("foreseen, followed", foreseen, followed.memory_bytes() as f64);
    assert_eq!(built.root(), followed.root());
}
