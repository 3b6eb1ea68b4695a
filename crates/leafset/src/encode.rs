//! Writing either file, piece by piece.

use sha2::{Digest, Sha256};
use veilpass_protocol::Leaf;

use crate::{CHECKSUM_BYTES, ChangesHeader, HEADER_BYTES, LeafSetHeader};

/// Writes a file into buffers of the caller's, as far as there are leaves or changes, so that no file need ever be in memory.
/// Holds the checksum so far.
///
/// The caller is to write as many leaves, or changes, as the header says, in order.
#[derive(Clone, Debug)]
pub struct Encoder(Sha256);

impl Encoder {
    /// Begins a file of leaves.
    pub fn leaves(header: &LeafSetHeader, out: &mut Vec<u8>) -> Self {
        Self::begin(&header.to_bytes(), out)
    }

    /// Begins a file of changes.
    pub fn changes(header: &ChangesHeader, out: &mut Vec<u8>) -> Self {
        Self::begin(&header.to_bytes(), out)
    }

    fn begin(header: &[u8; HEADER_BYTES], out: &mut Vec<u8>) -> Self {
        out.extend_from_slice(header);
        Self(Sha256::new_with_prefix(header))
    }

    /// The next leaves.
    pub fn push_leaves(&mut self, leaves: impl IntoIterator<Item = Leaf>, out: &mut Vec<u8>) {
        let start = out.len();
        leaves.into_iter().for_each(|leaf| out.extend_from_slice(&leaf.to_be_bytes()));
        self.0.update(&out[start..]);
    }

    /// The next changes: place and leaf.
    pub fn push_changes(&mut self, changes: impl IntoIterator<Item = (u32, Leaf)>, out: &mut Vec<u8>) {
        let start = out.len();
        for (place, leaf) in changes {
            out.extend_from_slice(&place.to_be_bytes());
            out.extend_from_slice(&leaf.to_be_bytes());
        }
        self.0.update(&out[start..]);
    }

    /// Ends the file. Returns its checksum, which was written.
    pub fn finish(self, out: &mut Vec<u8>) -> [u8; CHECKSUM_BYTES] {
        let checksum: [u8; CHECKSUM_BYTES] = self.0.finalize().into();
        out.extend_from_slice(&checksum);
        checksum
    }
}
