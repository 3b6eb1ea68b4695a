//! The leaves of a registry, from which a device makes its own path: nobody learns which leaf it is interested in.

use reqwest::Method;
use veilpass_leafset::{Changes, DecodeError, LeafSet};
use veilpass_merkle::{MerklePath, MerkleTree};
use veilpass_protocol::{Leaf, MerkleRoot, RegistryId};

use crate::{
    error::ClientError,
    transport::{Client, REQUEST_TIMEOUT},
};

/// What is wrong with a download.
#[derive(Debug, thiserror::Error)]
pub enum LeavesError {
    /// Its form.
    #[error("the download of the leaves is damaged: {0}")]
    Damaged(#[from] DecodeError),
    /// The leaves do not have the root that the API says they have.
    #[error("the leaves hash to {found}, not to the root {expected} that they are said to have")]
    OtherRoot {
        /// What was computed.
        found: MerkleRoot,
        /// What was said.
        expected: MerkleRoot,
    },
    /// Another registry or version than what was asked for.
    #[error("the download is of another registry or version")]
    OtherVersion,
}

/// All leaves of a registry at a version, as a tree. Its root was computed here; hold it against the chain's.
#[derive(Debug)]
pub struct RegistryLeaves {
    registry: RegistryId,
    version: u64,
    root_seq: u64,
    tree: MerkleTree,
}

/// A leaf's place and its path.
#[derive(Debug)]
pub struct Membership {
    /// The place.
    pub index: u32,
    /// From the leaf to the root.
    pub path: MerklePath,
}

impl RegistryLeaves {
    /// The newest change that is included.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Number of the first root that was published of this version.
    pub fn root_seq(&self) -> u64 {
        self.root_seq
    }

    /// The root.
    pub fn root(&self) -> MerkleRoot {
        self.tree.root()
    }

    /// Where a leaf is, and its path; none if it is not there.
    pub fn find(&self, leaf: Leaf) -> Option<Membership> {
        let index = self.tree.find(leaf)?;
        Some(Membership { index, path: self.tree.path(index)? })
    }

    fn check(&self, expected: MerkleRoot) -> Result<(), LeavesError> {
        let found = self.tree.root();
        if found == expected { Ok(()) } else { Err(LeavesError::OtherRoot { found, expected }) }
    }
}

impl Client {
    /// Downloads the newest leaves of a registry, and checks them: 32 bytes a leaf.
    pub async fn leaves(&self, registry: RegistryId) -> Result<RegistryLeaves, ClientError> {
        let request = self.request(Method::GET, &format!("/v1/registries/{registry}/leaves"));
        let file = self.send(request).await?.bytes().await?;
        let LeafSet { header, leaves } = LeafSet::decode(&file).map_err(LeavesError::from)?;
        if header.registry_id != registry {
            return Err(LeavesError::OtherVersion.into());
        }
        let (version, root_seq) = (header.version, header.root_seq);
        let tree = hash(move || MerkleTree::build(leaves)).await?;
        let leaves = RegistryLeaves { registry, version, root_seq, tree };
        leaves.check(header.root)?;
        Ok(leaves)
    }

    /// Brings older leaves up to the newest version: by what changed, or by a download if that is no more.
    pub async fn update_leaves(&self, older: RegistryLeaves) -> Result<RegistryLeaves, ClientError> {
        let registry = older.registry;
        let newest = self.request(Method::HEAD, &format!("/v1/registries/{registry}/leaves"));
        let place = self.send(newest.timeout(REQUEST_TIMEOUT)).await?.url().path().to_owned();
        let version: Option<u64> = place.rsplit('/').next().and_then(|version| version.parse().ok());
        let version = version.ok_or_else(|| ClientError::Unexpected(format!("leaves at {place}")))?;
        if version == older.version {
            return Ok(older);
        }
        let path = format!("/v1/registries/{registry}/leaves/{version}/changes?since={}", older.version);
        let file = match self.send(self.request(Method::GET, &path)).await {
            Ok(answer) => answer.bytes().await?,
            Err(ClientError::Refused { status, .. }) if status.as_u16() == 410 => return self.leaves(registry).await,
            Err(error) => return Err(error),
        };
        let Changes { header, changes } = Changes::decode(&file).map_err(LeavesError::from)?;
        if header.to.registry_id != registry || header.to.version != version || header.since != older.version {
            return Err(LeavesError::OtherVersion.into());
        }
        let mut tree = older.tree;
        let updated = hash(move || tree.apply(&changes).map(|()| tree)).await?;
        let tree = updated.map_err(|error| ClientError::Unexpected(error.to_string()))?;
        let leaves = RegistryLeaves { registry, version, root_seq: header.to.root_seq, tree };
        leaves.check(header.to.root)?;
        Ok(leaves)
    }
}

/// Hashes off the runtime's threads.
async fn hash<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ClientError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ClientError::Unexpected(error.to_string()))
}
