//! The tree in one file, so that a start needs no hashing.
//!
//! # Layout
//!
//! Integers are little-endian. `n` is the number of places in use, `w(k) = ceil(n / 2^k)` the nodes stored at level `k`.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `VPMERKLE`, ASCII |
//! | 8 | 4 | format version: 1 |
//! | 12 | 32 | registry id: canonical, big-endian as everywhere in the protocol |
//! | 44 | 8 | change sequence: the last change of the registry that the tree contains; 0 if none |
//! | 52 | 8 | `n`, at most 2^32 |
//! | 60 | 32 · (w(0) + … + w(32)) | the nodes: level 0 (the leaves) first, level 32 (the root) last; left to right in a level |
//! | end − 32 | 32 | BLAKE3 of everything before |
//!
//! A node is the four 64-bit limbs of its Montgomery form (the element times 2^256 modulo r), least significant first.
//! It is below r, or the file is refused. The length of the file follows from `n` and is checked before any allocation.
//! The version changes with the layout, the depth, or the node hash.
//!
//! The checksum finds damage, not forgery: whoever can write the file can write any tree. Keep the file where only the
//! service writes (it is created with mode 0600), and hold the root against the published one before use.
//!
//! # Atomicity
//!
//! A snapshot is written to `.<name>.<random>.partial` beside its destination, synced, renamed over it, and the
//! directory synced: a crash at any time leaves the old file or the new one. The partial file of a killed process is
//! removed by a later [`write_snapshot`] to the same destination, once it is ten minutes old.

mod error;
mod format;
mod read;
mod write;

use crate::tree::MerkleTree;

pub use error::{Damage, SnapshotError, SnapshotProblem};
pub use read::read_snapshot;
pub use write::write_snapshot;

/// What a snapshot file holds.
#[derive(Debug)]
pub struct Snapshot {
    /// The tree.
    pub tree: MerkleTree,
    /// The last change of the registry that the tree contains: replay from the next one.
    pub change_seq: u64,
}
