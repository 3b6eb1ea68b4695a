use std::{fs, path::PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;
use veilpass_merkle::{
    MerkleTree,
    snapshot::{Damage, SnapshotError, SnapshotProblem, read_snapshot, write_snapshot},
};
use veilpass_protocol::{FieldElement, Leaf, RegistryId};

use crate::model::leaf;

const HEADER: usize = 60;

fn registry(number: u64) -> RegistryId {
    RegistryId::new(FieldElement::from_u64(number))
}

/// A directory with one snapshot of registry 9 at change 77.
struct Fixture {
    directory: TempDir,
    path: PathBuf,
}

impl Fixture {
    fn of(tree: &MerkleTree) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tree.snapshot");
        write_snapshot(&path, tree, registry(9), 77).unwrap();
        Self { directory, path }
    }

    fn of_three() -> Self {
        Self::of(&MerkleTree::build((1..=3).map(leaf).collect()))
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    /// Reads the snapshot with other content, which must be refused.
    fn problem_with(&self, bytes: &[u8]) -> SnapshotProblem {
        fs::write(&self.path, bytes).unwrap();
        let error: SnapshotError = read_snapshot(&self.path, registry(9)).unwrap_err();
        assert_eq!(error.path, self.path);
        error.problem
    }

    fn damage_with(&self, bytes: &[u8]) -> Damage {
        match self.problem_with(bytes) {
            SnapshotProblem::Damaged(damage) => damage,
            problem => panic!("{problem}"),
        }
    }

    fn files(&self) -> usize {
        fs::read_dir(self.directory.path()).unwrap().count()
    }
}

/// Puts the right checksum at the end of a manipulated file.
fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 32;
    let checksum = blake3::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(checksum.as_bytes());
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_tree_survives_the_round_trip(numbers in prop::collection::vec(0..20u64, 0..70)) {
        let leaves: Vec<Leaf> = numbers.into_iter().map(leaf).collect();
        let mut tree = MerkleTree::build(leaves.clone());
        let fixture = Fixture::of(&tree);
        let mut read = read_snapshot(&fixture.path, registry(9)).unwrap();
        prop_assert_eq!(read.change_seq, 77);
        // Both trees go on alike, so every node and the index came back.
        for changed in [false, true] {
            if changed {
                prop_assert_eq!(tree.push(leaf(99)), read.tree.push(leaf(99)));
                prop_assert_eq!(tree.clear(0), read.tree.clear(0));
            }
            prop_assert_eq!(read.tree.len(), tree.len());
            prop_assert_eq!(read.tree.root(), tree.root());
            for index in 0..tree.len() as u32 {
                prop_assert_eq!(read.tree.leaf(index), tree.leaf(index));
                prop_assert_eq!(read.tree.path(index), tree.path(index));
            }
            for leaf in (0..20).map(leaf) {
                prop_assert_eq!(read.tree.find(leaf).is_some(), tree.find(leaf).is_some());
            }
        }
    }
}

#[test]
fn a_level_larger_than_the_buffer_survives_too() {
    let tree = MerkleTree::build((1..=4500).map(leaf).collect());
    let fixture = Fixture::of(&tree);
    let read = read_snapshot(&fixture.path, registry(9)).unwrap().tree;
    assert_eq!((read.len(), read.root()), (4500, tree.root()));
    for index in [0, 2047, 2048, 4095, 4096, 4499] {
        assert_eq!(read.path(index), tree.path(index));
        assert_eq!(read.find(leaf(u64::from(index) + 1)), Some(index));
    }
}

#[test]
fn the_layout_is_as_documented() {
    let tree = MerkleTree::build((1..=3).map(leaf).collect());
    let bytes = Fixture::of(&tree).bytes();
    assert_eq!(bytes.len(), HEADER + 32 * (3 + 2 + 31) + 32);
    assert_eq!(bytes[..8], *b"VPMERKLE");
    assert_eq!(bytes[8..12], [1, 0, 0, 0]);
    assert_eq!(bytes[12..44], registry(9).to_be_bytes());
    assert_eq!(bytes[44..52], 77u64.to_le_bytes());
    assert_eq!(bytes[52..60], 3u64.to_le_bytes());
    let node = |position: usize| {
        let start = HEADER + 32 * position;
        let limb = |limb: usize| u64::from_le_bytes(bytes[start + 8 * limb..][..8].try_into().unwrap());
        FieldElement::from_montgomery_limbs([limb(0), limb(1), limb(2), limb(3)]).unwrap()
    };
    assert_eq!(node(1), leaf(2).element());
    assert_eq!(node(35), tree.root().element());
    assert_eq!(bytes, seal(bytes.clone()));
}

#[test]
fn every_flipped_byte_is_refused() {
    let fixture = Fixture::of_three();
    let mut bytes = fixture.bytes();
    for position in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            bytes[position] ^= flip;
            let problem = fixture.problem_with(&bytes);
            match position {
                0..8 => assert!(matches!(problem, SnapshotProblem::NotASnapshot), "{position}: {problem}"),
                8..12 => assert!(matches!(problem, SnapshotProblem::OtherVersion { .. }), "{position}: {problem}"),
                12..44 => {}
                _ => assert!(matches!(problem, SnapshotProblem::Damaged(_)), "{position}: {problem}"),
            }
            bytes[position] ^= flip;
        }
    }
    fs::write(&fixture.path, &bytes).unwrap();
    read_snapshot(&fixture.path, registry(9)).unwrap();
}

#[test]
fn every_truncation_and_extension_is_refused() {
    let fixture = Fixture::of_three();
    let bytes = fixture.bytes();
    for length in 0..8 {
        assert!(matches!(fixture.problem_with(&bytes[..length]), SnapshotProblem::NotASnapshot), "{length}");
    }
    for length in 8..bytes.len() {
        let expected = if length < HEADER { HEADER } else { bytes.len() } as u64;
        assert_eq!(fixture.damage_with(&bytes[..length]), Damage::Truncated { expected, found: length as u64 });
    }
    assert_eq!(fixture.damage_with(&[&bytes[..], &[0]].concat()), Damage::TrailingBytes(1));
    assert_eq!(fixture.damage_with(&seal([&bytes[..], &[0; 32]].concat())), Damage::TrailingBytes(32));
}

#[test]
fn a_right_checksum_does_not_excuse_wrong_content() {
    let fixture = Fixture::of_three();
    let bytes = fixture.bytes();
    let with = |position: usize, patch: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[position..position + patch.len()].copy_from_slice(patch);
        seal(bytes)
    };
    // r itself, as limbs: the Montgomery form is compared as an integer.
    let mut modulus = FieldElement::modulus_be_bytes();
    modulus.reverse();
    assert_eq!(fixture.damage_with(&with(HEADER + 32, &modulus)), Damage::NotCanonical);
    assert_eq!(fixture.damage_with(&with(12, &FieldElement::modulus_be_bytes())), Damage::NotCanonical);
    // The last leaf and the root.
    for position in [2, 35] {
        assert_eq!(fixture.damage_with(&with(HEADER + 32 * position, &[0; 32])), Damage::Hashes);
    }
}

#[test]
fn a_header_cannot_ask_for_more_memory_than_the_file_has() {
    let fixture = Fixture::of_three();
    let bytes = fixture.bytes();
    // Had it allocated first, the largest of these would have taken 256 GiB.
    for count in [4, 1 << 20, 1 << 32] {
        let mut bytes = bytes.clone();
        bytes[52..60].copy_from_slice(&u64::to_le_bytes(count));
        assert!(matches!(fixture.damage_with(&seal(bytes)), Damage::Truncated { .. }), "{count}");
    }
    for count in [(1 << 32) + 1, u64::MAX] {
        let mut bytes = bytes.clone();
        bytes[52..60].copy_from_slice(&u64::to_le_bytes(count));
        assert_eq!(fixture.damage_with(&seal(bytes)), Damage::LeafCount(count));
    }
}

#[test]
fn another_registry_is_refused_by_name() {
    let fixture = Fixture::of_three();
    let error = read_snapshot(&fixture.path, registry(10)).unwrap_err();
    assert!(matches!(error.problem, SnapshotProblem::OtherRegistry { found } if found == registry(9)));
    assert!(!error.is_missing());
    assert!(error.to_string().contains("tree.snapshot"), "{error}");
}

#[test]
fn a_missing_file_is_told_apart() {
    let fixture = Fixture::of_three();
    assert!(read_snapshot(fixture.directory.path().join("none"), registry(9)).unwrap_err().is_missing());
}

#[test]
fn a_new_snapshot_replaces_the_old_one_and_leaves_nothing_else() {
    let fixture = Fixture::of_three();
    let tree = MerkleTree::build((1..=8).map(leaf).collect());
    write_snapshot(&fixture.path, &tree, registry(9), 78).unwrap();
    let read = read_snapshot(&fixture.path, registry(9)).unwrap();
    assert_eq!((read.change_seq, read.tree.root()), (78, tree.root()));
    assert_eq!(fixture.files(), 1);
}

#[test]
fn a_write_that_cannot_replace_its_destination_leaves_no_partial_file() {
    let fixture = Fixture::of_three();
    let tree = MerkleTree::new();
    let directory = fixture.directory.path().join("directory");
    fs::create_dir(&directory).unwrap();
    let error = write_snapshot(&directory, &tree, registry(9), 0).unwrap_err();
    assert!(matches!(error.problem, SnapshotProblem::Io { action: "replace it", .. }), "{error}");
    assert_eq!(fixture.files(), 2);
    let error = write_snapshot(fixture.path.join("below a file"), &tree, registry(9), 0).unwrap_err();
    assert!(matches!(error.problem, SnapshotProblem::Io { .. }), "{error}");
    read_snapshot(&fixture.path, registry(9)).unwrap();
}
