//! Why a snapshot was not written or not read.

use std::{
    io,
    path::{Path, PathBuf},
};

use veilpass_protocol::RegistryId;

use super::format::VERSION;

/// Why a snapshot was not written or not read, and where.
#[derive(Debug, thiserror::Error)]
#[error("snapshot {}: {problem}", path.display())]
pub struct SnapshotError {
    /// The snapshot file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: SnapshotProblem,
}

/// What is wrong with a snapshot. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotProblem {
    /// The file does not begin like a snapshot.
    #[error("not a Veilpass snapshot; check the configured path")]
    NotASnapshot,
    /// The file was written by a release with another format, depth or hash.
    #[error("format version {found}, but this release reads version {VERSION}; delete the file to rebuild the tree")]
    OtherVersion {
        /// The version of the file.
        found: u32,
    },
    /// The file holds the tree of another registry.
    #[error("belongs to registry {found}; check the configured path and registry")]
    OtherRegistry {
        /// The registry of the file.
        found: RegistryId,
    },
    /// The file is not what was written.
    #[error("damaged: {0}; delete the file to rebuild the tree, and check the disk")]
    Damaged(Damage),
    /// The operating system refused.
    #[error("cannot {action}: {error}; check the disk's free space and the directory's permissions")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// What the operating system says.
        error: io::Error,
    },
}

/// How a snapshot is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file ends too early.
    #[error("truncated, {found} of {expected} bytes")]
    Truncated {
        /// Bytes that it should have, by its own header (or for the header).
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// Something follows the checksum.
    #[error("{0} bytes after its end")]
    TrailingBytes(u64),
    /// The header names more leaves than a tree has places.
    #[error("a count of {0} leaves")]
    LeafCount(u64),
    /// A node or the registry id is not below the modulus of the field.
    #[error("an element is not canonical")]
    NotCanonical,
    /// The checksum at the end does not fit.
    #[error("the checksum is wrong")]
    Checksum,
    /// The nodes above the last leaf are not what this release computes.
    #[error("the nodes do not hash to the root")]
    Hashes,
}

impl SnapshotProblem {
    pub(super) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io { action, error }
    }

    pub(super) fn at(self, path: &Path) -> SnapshotError {
        SnapshotError { path: path.to_owned(), problem: self }
    }
}

impl From<Damage> for SnapshotProblem {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

impl SnapshotError {
    /// Whether there is just no such file: the normal case at the first start.
    pub fn is_missing(&self) -> bool {
        matches!(&self.problem, SnapshotProblem::Io { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }
}
