//! Registries, their roots and tracks, and the provers' keys.

use serde::Deserialize;
use veilpass_protocol::{Epoch, MerkleRoot, RegistryId, TrackId};
use veilpass_sealing::ProverPublicKey;

use crate::{error::ClientError, transport::Client};

/// A registry as it is now.
#[derive(Debug, Clone, Deserialize)]
pub struct RegistryState {
    /// Its id.
    pub registry_id: RegistryId,
    /// Its short name.
    pub slug: String,
    /// The program that checks its proofs, base58.
    pub program_id: String,
    /// The cluster of that program.
    pub cluster: String,
    /// The current epoch.
    pub epoch: Epoch,
    /// The newest root that counts.
    pub newest_root: Option<RootState>,
    /// Its tracks.
    pub tracks: Vec<TrackState>,
}

/// A published root.
#[derive(Debug, Clone, Deserialize)]
pub struct RootState {
    /// Its number.
    pub seq: u64,
    /// Its value.
    pub root: MerkleRoot,
    /// Places of the tree in use.
    pub leaf_count: u64,
}

/// A track.
#[derive(Debug, Clone, Deserialize)]
pub struct TrackState {
    /// Its id.
    pub track_id: TrackId,
    /// Its short name.
    pub slug: String,
}

/// Among how many a holder of a track hides.
#[derive(Debug, Clone, Deserialize)]
pub struct AnonymitySet {
    /// Number of the root.
    pub root_seq: u64,
    /// Holders of the track under that root.
    pub holders: u64,
    /// What the API finds enough.
    pub floor: u64,
    /// Fewer than that.
    pub is_below_floor: bool,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    #[serde(with = "veilpass_protocol::lower_hex")]
    public_key: [u8; 32],
}

impl Client {
    /// A registry as it is now.
    pub async fn registry(&self, registry: RegistryId) -> Result<RegistryState, ClientError> {
        self.get(&format!("/v1/registries/{registry}")).await
    }

    /// Among how many a holder of a track hides.
    pub async fn anonymity(&self, registry: RegistryId, track: TrackId) -> Result<AnonymitySet, ClientError> {
        self.get(&format!("/v1/registries/{registry}/tracks/{track}/anonymity")).await
    }

    /// The provers' keys, the one to seal to first; none: no prover lives.
    pub async fn prover_keys(&self) -> Result<Vec<ProverPublicKey>, ClientError> {
        let Keys { keys } = self.get("/v1/prover-keys").await?;
        let parse = |key: Key| ProverPublicKey::from_bytes(&key.public_key);
        let keys: Result<Vec<_>, _> = keys.into_iter().map(parse).collect();
        keys.map_err(|error| ClientError::Unexpected(error.to_string()))
    }
}
