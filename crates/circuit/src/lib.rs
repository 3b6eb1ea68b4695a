//! The pinned ownership circuit: its compiled artefact, its verification key, the versions that made them, and where
//! the matching `bb` and reference string are on this machine.
//!
//! Everything here is data and look-ups. Nothing proves and nothing links a prover, so the API may use it.

mod bb;
mod crs;
mod device_crs;
mod paths;
mod pins;

pub use bb::{Bb, BbError};
pub use crs::{Crs, CrsError, OWNERSHIP_CRS_POINTS};
pub use device_crs::{DEVICE_CRS_BYTES, DEVICE_CRS_SHA256, DeviceCrsError};
pub use paths::{cache_dir, workspace_root};
pub use pins::{BB_VERSION, NOIR_VERSION, OWNERSHIP_GATES, pin};
use sha2::{Digest, Sha256};

/// The compiled circuit as JSON: `{noir_version, hash, abi, bytecode}`, bytecode = base64(gzip(ACIR)).
pub const ARTIFACT: &[u8] = include_bytes!("../../../circuits/ownership/ownership.json");
/// The verification key in Barretenberg's format: three 32-byte integers, then 28 points of 64 bytes, big-endian.
pub const VERIFICATION_KEY: &[u8; 1888] = include_bytes!("../../../circuits/ownership/vk");
/// `keccak256(verification key) mod r`, 32 bytes big-endian, as `bb write_vk` writes it: the transcript starts with it.
pub const VERIFICATION_KEY_HASH: &[u8; 32] = include_bytes!("../../../circuits/ownership/vk_hash");
/// Bytes of a proof of this circuit: 82 + 12 * 12 field elements of 32 bytes (UltraHonk, Keccak transcript, ZK).
pub const PROOF_BYTES: usize = 7232;

/// SHA-256 of [`ARTIFACT`], as 64 hexadecimal digits: names the circuit in `/v1/info` and in logs.
pub fn artifact_sha256() -> String {
    hex::encode(Sha256::digest(ARTIFACT))
}

/// [`VERIFICATION_KEY_HASH`] as `0x` and 64 hexadecimal digits.
pub fn verification_key_hash() -> String {
    format!("0x{}", hex::encode(VERIFICATION_KEY_HASH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_artefact_is_of_the_pinned_compiler() {
        let artifact: serde_json::Value = serde_json::from_slice(ARTIFACT).unwrap();
        let version = artifact["noir_version"].as_str().unwrap();
        assert_eq!(version.split('+').next(), Some(NOIR_VERSION));
    }

    /// The on-chain verifier drops every relation whose selector is zero; this is what entitles it to.
    #[test]
    fn only_arithmetic_and_poseidon2_selectors_are_used() {
        // The points' order in the key, after log_n, the number of public inputs and their offset.
        const ENTITIES: [&str; 28] = [
            "s1",
            "s2",
            "s3",
            "s4",
            "id1",
            "id2",
            "id3",
            "id4",
            "lagrange_first",
            "lagrange_last",
            "q_lookup",
            "t1",
            "t2",
            "t3",
            "t4",
            "q_m",
            "q_r",
            "q_o",
            "q_c",
            "q_l",
            "q_4",
            "q_arith",
            "q_range",
            "q_elliptic",
            "q_memory",
            "q_nnf",
            "q_poseidon2_external",
            "q_poseidon2_internal",
        ];
        let points = VERIFICATION_KEY[96..].chunks_exact(64);
        let unused: Vec<_> = ENTITIES
            .iter()
            .zip(points)
            .filter(|(_, point)| point.iter().all(|b| *b == 0))
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(
            unused,
            ["q_lookup", "t1", "t2", "t3", "t4", "q_range", "q_elliptic", "q_memory", "q_nnf"],
            "the selectors of a relation that the circuit must not use are the identity"
        );
    }

    #[test]
    fn the_circuit_fits_two_to_the_twelve() {
        let log_n = u64::from_be_bytes(VERIFICATION_KEY[24..32].try_into().unwrap());
        assert_eq!(log_n, 12);
        const { assert!(OWNERSHIP_GATES < 1 << 12) };
        assert_eq!(PROOF_BYTES, 32 * (82 + 12 * 12));
    }
}
