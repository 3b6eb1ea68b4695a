//! What is written is read, and nothing else is.

#![expect(clippy::unwrap_used, reason = "a test panics")]

use sha2::{Digest, Sha256};
use veilpass_leafset::{Changes, ChangesHeader, DecodeError, Encoder, HEADER_BYTES, LeafSet, LeafSetHeader};
use veilpass_protocol::{FieldElement, Leaf, MerkleRoot, RegistryId};

fn leaf(value: u64) -> Leaf {
    Leaf::new(FieldElement::from_u64(value))
}

fn header(leaf_count: u64) -> LeafSetHeader {
    LeafSetHeader {
        registry_id: RegistryId::new(FieldElement::from_u64(0x0102)),
        version: 0x0304,
        root_seq: 0x0506,
        root: MerkleRoot::new(FieldElement::from_u64(0x0708)),
        leaf_count,
    }
}

fn leaves_file(leaves: &[Leaf]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::leaves(&header(leaves.len() as u64), &mut file);
    // In pieces, as it is sent.
    leaves.chunks(2).for_each(|piece| encoder.push_leaves(piece.iter().copied(), &mut file));
    encoder.finish(&mut file);
    file
}

fn changes_file(changes: &[(u32, Leaf)]) -> Vec<u8> {
    let header = ChangesHeader { to: header(9), since: 0x0200, change_count: changes.len() as u64 };
    let mut file = Vec::new();
    let mut encoder = Encoder::changes(&header, &mut file);
    encoder.push_changes(changes.iter().copied(), &mut file);
    encoder.finish(&mut file);
    assert_eq!(file.len() as u64, header.file_bytes());
    file
}

/// The same file with other bytes, and the checksum of those.
fn with(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file[..file.len() - 32].to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    let checksum = Sha256::digest(&file);
    file.extend_from_slice(&checksum);
    file
}

#[test]
fn leaves_are_laid_out_as_documented() {
    let file = leaves_file(&[leaf(1), Leaf::EMPTY, leaf(3)]);
    let number = |at: usize, width: usize| file[at..at + width].iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
    assert_eq!((&file[..8], number(8, 4), number(12, 4)), (&b"VPLEAVES"[..], 1, 32));
    assert_eq!((number(40, 8), number(48, 8), number(56, 8)), (0x0102, 0x0304, 0x0506));
    assert_eq!((number(88, 8), number(96, 8), number(104, 8)), (0x0708, 3, 0));
    assert_eq!((number(152, 8), number(184, 8), number(216, 8)), (1, 0, 3));
    assert_eq!(file[224..], Sha256::digest(&file[..224])[..]);
    assert_eq!(file.len() as u64, header(3).file_bytes());
    assert_eq!(
        LeafSet::decode(&file).unwrap(),
        LeafSet { header: header(3), leaves: vec![leaf(1), Leaf::EMPTY, leaf(3)] }
    );
}

#[test]
fn changes_are_laid_out_as_documented() {
    let changes = vec![(0, Leaf::EMPTY), (3, leaf(7)), (8, leaf(9))];
    let file = changes_file(&changes);
    assert_eq!(&file[..8], b"VPCHANGE");
    assert_eq!((&file[104..112], &file[112..120]), (&0x0200_u64.to_be_bytes()[..], &3_u64.to_be_bytes()[..]));
    assert_eq!(file[HEADER_BYTES + 36..HEADER_BYTES + 40], 3_u32.to_be_bytes());
    assert_eq!(file[HEADER_BYTES + 71], 7);
    let decoded = Changes::decode(&file).unwrap();
    assert_eq!((decoded.header.since, decoded.changes), (0x0200, changes));
    assert!(Changes::decode(&changes_file(&[])).unwrap().changes.is_empty());
}

#[test]
fn no_byte_can_be_another_and_none_can_be_missing_or_added() {
    let (leaves, changes) = (leaves_file(&[leaf(1), leaf(2)]), changes_file(&[(1, leaf(2))]));
    for at in 0..leaves.len().max(changes.len()) {
        for (file, is_leaves) in [(&leaves, true), (&changes, false)] {
            let refused = |file: &[u8]| match is_leaves {
                true => LeafSet::decode(file).is_err(),
                false => Changes::decode(file).is_err(),
            };
            if at < file.len() {
                let mut flipped = file.clone();
                flipped[at] ^= 1;
                assert!(refused(&flipped), "byte {at}");
                assert!(refused(&file[..at]), "{at} bytes");
            }
            assert!(refused(&[file, &[0][..]].concat()), "one byte more");
        }
    }
    assert_eq!(LeafSet::decode(&changes), Err(DecodeError::Header("the magic")));
    assert_eq!(Changes::decode(&leaves), Err(DecodeError::Header("the magic")));
}

#[test]
fn a_file_that_is_whole_must_also_make_sense() {
    let leaves = leaves_file(&[leaf(1), leaf(2)]);
    let modulus = hex("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001");
    let refused = |at, bytes: &[u8]| LeafSet::decode(&with(&leaves, at, bytes)).unwrap_err();
    assert_eq!(refused(HEADER_BYTES + 32, &modulus), DecodeError::Leaf(1));
    assert_eq!(refused(16, &modulus), DecodeError::Header("the registry id"));
    assert_eq!(refused(64, &modulus), DecodeError::Header("the root"));
    assert_eq!(refused(11, &[2]), DecodeError::Header("the format"));
    assert_eq!(refused(15, &[31]), DecodeError::Header("the depth of the tree"));
    assert_eq!(refused(96, &[0; 8]), DecodeError::Header("the number of leaves"));
    assert_eq!(refused(96, &[255; 8]), DecodeError::Header("the number of leaves"));
    assert_eq!(refused(127, &[1]), DecodeError::Header("the reserved bytes"));
    assert_eq!(refused(103, &[3]), DecodeError::Length { expected: 256, found: 224 });

    let changes = changes_file(&[(1, leaf(2)), (2, leaf(3))]);
    let refused = |at, bytes: &[u8]| Changes::decode(&with(&changes, at, bytes)).unwrap_err();
    assert_eq!(refused(HEADER_BYTES + 39, &[1]), DecodeError::Order(1), "twice the same place");
    assert_eq!(refused(HEADER_BYTES + 39, &[9]), DecodeError::Order(1), "beyond the last place");
    assert_eq!(refused(HEADER_BYTES + 4, &modulus), DecodeError::Leaf(0));
    assert_eq!(refused(104, &[1]), DecodeError::Header("the version that it starts from"));
    assert_eq!(refused(119, &[10]), DecodeError::Header("the number of changes"));
    assert_eq!(refused(120, &[1]), DecodeError::Header("the reserved bytes"));
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
