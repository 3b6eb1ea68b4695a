//! The header of a snapshot and the encoding of a node, for the reader and the writer.

use veilpass_protocol::{FIELD_BYTES, FieldElement, Node, RegistryId, TREE_DEPTH};

use super::error::{Damage, SnapshotProblem};
use crate::{levels::width, tree::MAX_LEAVES};

pub(super) const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"VPMERKLE";

pub(super) const NODE_BYTES: usize = 32;
pub(super) const HEADER_BYTES: usize = 60;
pub(super) const CHECKSUM_BYTES: usize = blake3::OUT_LEN;

/// Nodes encoded or decoded at a time: 64 KiB, whatever the size of the tree.
pub(super) const BUFFER_NODES: usize = 2048;

/// Everything before the nodes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) registry_id: RegistryId,
    pub(super) change_seq: u64,
    pub(super) leaf_count: u64,
}

impl Header {
    pub(super) fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..44].copy_from_slice(&self.registry_id.to_be_bytes());
        bytes[44..52].copy_from_slice(&self.change_seq.to_le_bytes());
        bytes[52..60].copy_from_slice(&self.leaf_count.to_le_bytes());
        bytes
    }

    /// Parses the first bytes of a file, which may have fewer than a header.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, SnapshotProblem> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(SnapshotProblem::NotASnapshot)?;
        let truncated = Damage::Truncated { expected: HEADER_BYTES as u64, found: bytes.len() as u64 };
        // The version comes first: what follows it may differ in another one.
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(truncated)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(SnapshotProblem::OtherVersion { found: version });
        }
        let (registry_id, rest) = rest.split_first_chunk::<FIELD_BYTES>().ok_or(truncated)?;
        let (change_seq, rest) = rest.split_first_chunk::<8>().ok_or(truncated)?;
        let (leaf_count, _) = rest.split_first_chunk::<8>().ok_or(truncated)?;
        let leaf_count = u64::from_le_bytes(*leaf_count);
        if leaf_count > MAX_LEAVES {
            return Err(Damage::LeafCount(leaf_count).into());
        }
        Ok(Self {
            registry_id: RegistryId::from_be_bytes(registry_id).map_err(|_| Damage::NotCanonical)?,
            change_seq: u64::from_le_bytes(*change_seq),
            leaf_count,
        })
    }

    /// Bytes of the whole file. At most 2^38 and a little, so nothing overflows.
    pub(super) fn file_bytes(&self) -> u64 {
        let nodes: u64 = (0..=TREE_DEPTH).map(|level| width(self.leaf_count, level)).sum();
        HEADER_BYTES as u64 + nodes * NODE_BYTES as u64 + CHECKSUM_BYTES as u64
    }
}

pub(super) fn encode_node(node: Node, bytes: &mut [u8]) {
    for (bytes, limb) in bytes.chunks_exact_mut(8).zip(node.element().to_montgomery_limbs()) {
        bytes.copy_from_slice(&limb.to_le_bytes());
    }
}

pub(super) fn decode_node(bytes: &[u8; NODE_BYTES]) -> Result<Node, Damage> {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *limb = u64::from_le_bytes(*bytes);
    }
    FieldElement::from_montgomery_limbs(limbs).map(Node::new).map_err(|_| Damage::NotCanonical)
}
