//! The first 128 bytes of either file.

use veilpass_protocol::{MerkleRoot, RegistryId, TREE_DEPTH};

use crate::DecodeError;

/// Bytes before the first leaf, or the first change.
pub const HEADER_BYTES: usize = 128;
/// Bytes of a leaf.
pub const LEAF_BYTES: usize = 32;
/// Bytes of a change: place and leaf.
pub const CHANGE_BYTES: usize = 4 + LEAF_BYTES;
/// Bytes of the SHA-256 at the end.
pub const CHECKSUM_BYTES: usize = 32;

const LEAVES_MAGIC: &[u8; 8] = b"VPLEAVES";
const CHANGES_MAGIC: &[u8; 8] = b"VPCHANGE";
const FORMAT: u32 = 1;
const DEPTH: u32 = TREE_DEPTH as u32;
const MOST_LEAVES: u64 = 1 << TREE_DEPTH;

/// What a download of leaves says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafSetHeader {
    /// Whose leaves they are.
    pub registry_id: RegistryId,
    /// The newest change of the tree that is included.
    pub version: u64,
    /// Number of the first root that was published at this version; others may follow for the same tree.
    pub root_seq: u64,
    /// That root.
    pub root: MerkleRoot,
    /// Places in use, zeroed ones included.
    pub leaf_count: u64,
}

impl LeafSetHeader {
    /// Length of the whole file.
    pub fn file_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + self.leaf_count * LEAF_BYTES as u64 + CHECKSUM_BYTES as u64
    }

    /// As bytes.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(LEAVES_MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_be_bytes());
        bytes[12..16].copy_from_slice(&DEPTH.to_be_bytes());
        bytes[16..48].copy_from_slice(&self.registry_id.to_be_bytes());
        bytes[48..56].copy_from_slice(&self.version.to_be_bytes());
        bytes[56..64].copy_from_slice(&self.root_seq.to_be_bytes());
        bytes[64..96].copy_from_slice(&self.root.to_be_bytes());
        bytes[96..104].copy_from_slice(&self.leaf_count.to_be_bytes());
        bytes
    }

    pub(crate) fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, DecodeError> {
        let header = common(bytes, LEAVES_MAGIC)?;
        if bytes[104..].iter().any(|byte| *byte != 0) {
            return Err(DecodeError::Header("the reserved bytes"));
        }
        Ok(header)
    }
}

/// What a file of changes says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangesHeader {
    /// Where the changes lead to.
    pub to: LeafSetHeader,
    /// The version that they start from.
    pub since: u64,
    /// How many there are.
    pub change_count: u64,
}

impl ChangesHeader {
    /// Length of the whole file.
    pub fn file_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + self.change_count * CHANGE_BYTES as u64 + CHECKSUM_BYTES as u64
    }

    /// As bytes.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = self.to.to_bytes();
        bytes[..8].copy_from_slice(CHANGES_MAGIC);
        bytes[104..112].copy_from_slice(&self.since.to_be_bytes());
        bytes[112..120].copy_from_slice(&self.change_count.to_be_bytes());
        bytes
    }

    pub(crate) fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, DecodeError> {
        let to = common(bytes, CHANGES_MAGIC)?;
        if bytes[120..].iter().any(|byte| *byte != 0) {
            return Err(DecodeError::Header("the reserved bytes"));
        }
        let (since, change_count) = (number(bytes, 104), number(bytes, 112));
        if since > to.version {
            return Err(DecodeError::Header("the version that it starts from"));
        }
        if change_count > to.leaf_count {
            return Err(DecodeError::Header("the number of changes"));
        }
        Ok(Self { to, since, change_count })
    }
}

/// What both headers have in common.
fn common(bytes: &[u8; HEADER_BYTES], magic: &[u8; 8]) -> Result<LeafSetHeader, DecodeError> {
    if bytes[..8] != magic[..] {
        return Err(DecodeError::Header("the magic"));
    }
    if bytes[8..12] != FORMAT.to_be_bytes() {
        return Err(DecodeError::Header("the format"));
    }
    if bytes[12..16] != DEPTH.to_be_bytes() {
        return Err(DecodeError::Header("the depth of the tree"));
    }
    let leaf_count = number(bytes, 96);
    if !(1..=MOST_LEAVES).contains(&leaf_count) {
        return Err(DecodeError::Header("the number of leaves"));
    }
    Ok(LeafSetHeader {
        registry_id: RegistryId::from_be_slice(&bytes[16..48]).map_err(|_| DecodeError::Header("the registry id"))?,
        version: number(bytes, 48),
        root_seq: number(bytes, 56),
        root: MerkleRoot::from_be_slice(&bytes[64..96]).map_err(|_| DecodeError::Header("the root"))?,
        leaf_count,
    })
}

fn number(bytes: &[u8; HEADER_BYTES], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_be_bytes(number)
}
