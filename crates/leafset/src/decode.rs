//! Reading either file: all of it is as it should be, or it is refused.

use sha2::{Digest, Sha256};
use veilpass_protocol::Leaf;

use crate::{CHANGE_BYTES, CHECKSUM_BYTES, ChangesHeader, HEADER_BYTES, LEAF_BYTES, LeafSetHeader};

/// Why a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Its length is not what its header says.
    #[error("{found} bytes, where the header says {expected}: the download is not complete, or not one file")]
    Length {
        /// By the header; of a file without a whole header, the least that a file has.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// The header is of another kind of file, another format, or of none.
    #[error("{0} in the header is not valid")]
    Header(&'static str),
    /// The bytes are not what was sent.
    #[error("the checksum does not fit: the file is damaged")]
    Checksum,
    /// A leaf is no field element.
    #[error("leaf number {0} is not a canonical field element")]
    Leaf(u64),
    /// A change is out of order, or of a place that does not exist.
    #[error("change number {0} is out of order, or of a place that the tree has not")]
    Order(u64),
}

/// All leaves of a registry at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafSet {
    /// Whose, and of which version.
    pub header: LeafSetHeader,
    /// The leaves, in order: what `MerkleTree::build` takes.
    pub leaves: Vec<Leaf>,
}

impl LeafSet {
    /// Reads a file. Whether its leaves make its root is not computed here.
    pub fn decode(file: &[u8]) -> Result<Self, DecodeError> {
        let header = LeafSetHeader::parse(first_bytes(file)?)?;
        let body = checked_body(file, header.file_bytes())?;
        let leaf = |(number, bytes)| Leaf::from_be_slice(bytes).map_err(|_| DecodeError::Leaf(number));
        let leaves = (0..).zip(body.chunks_exact(LEAF_BYTES)).map(leaf).collect::<Result<_, _>>()?;
        Ok(Self { header, leaves })
    }
}

/// What makes one version of a registry's leaves into a newer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Whose, and between which versions.
    pub header: ChangesHeader,
    /// The changes, in the order of their places: what `MerkleTree::apply` takes.
    pub changes: Vec<(u32, Leaf)>,
}

impl Changes {
    /// Reads a file. Whether its changes lead to its root is not computed here.
    pub fn decode(file: &[u8]) -> Result<Self, DecodeError> {
        let header = ChangesHeader::parse(first_bytes(file)?)?;
        let body = checked_body(file, header.file_bytes())?;
        let mut changes: Vec<(u32, Leaf)> = Vec::with_capacity(body.len() / CHANGE_BYTES);
        for (number, bytes) in (0..).zip(body.chunks_exact(CHANGE_BYTES)) {
            let place = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let leaf = Leaf::from_be_slice(&bytes[4..]).map_err(|_| DecodeError::Leaf(number))?;
            let grows = changes.last().is_none_or(|(last, _)| *last < place);
            if !grows || u64::from(place) >= header.to.leaf_count {
                return Err(DecodeError::Order(number));
            }
            changes.push((place, leaf));
        }
        Ok(Self { header, changes })
    }
}

fn first_bytes(file: &[u8]) -> Result<&[u8; HEADER_BYTES], DecodeError> {
    let expected = (HEADER_BYTES + CHECKSUM_BYTES) as u64;
    file.first_chunk().ok_or(DecodeError::Length { expected, found: file.len() as u64 })
}

/// What lies between header and checksum, if length and checksum fit.
fn checked_body(file: &[u8], expected: u64) -> Result<&[u8], DecodeError> {
    let found = file.len() as u64;
    let Some((before, checksum)) = file.split_last_chunk::<CHECKSUM_BYTES>().filter(|_| found == expected) else {
        return Err(DecodeError::Length { expected, found });
    };
    if Sha256::digest(before)[..] != checksum[..] {
        return Err(DecodeError::Checksum);
    }
    Ok(&before[HEADER_BYTES..])
}
