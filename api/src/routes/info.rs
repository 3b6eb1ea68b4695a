//! What this build is pinned to, so that a client can refuse a mismatch.

use axum::Json;
use serde::Serialize;
use veilpass_circuit::{
    BB_VERSION, NOIR_VERSION, OWNERSHIP_GATES, PROOF_BYTES, artifact_sha256, verification_key_hash,
};
use veilpass_protocol::{PUBLIC_INPUT_COUNT, SEALED_WITNESS_BYTES, TREE_DEPTH};

#[derive(Serialize)]
pub(crate) struct Info {
    version: &'static str,
    circuit_sha256: String,
    verification_key_hash: String,
    bb_version: &'static str,
    noir_version: &'static str,
    proof_system: &'static str,
    gates: u32,
    tree_depth: usize,
    proof_bytes: usize,
    sealed_witness_bytes: usize,
    public_inputs: [&'static str; PUBLIC_INPUT_COUNT],
}

/// `GET /v1/info`.
pub(crate) async fn info() -> Json<Info> {
    Json(Info {
        version: env!("CARGO_PKG_VERSION"),
        circuit_sha256: artifact_sha256(),
        verification_key_hash: verification_key_hash(),
        bb_version: BB_VERSION,
        noir_version: NOIR_VERSION,
        proof_system: "UltraHonk, Keccak transcript, ZK",
        gates: OWNERSHIP_GATES,
        tree_depth: TREE_DEPTH,
        proof_bytes: PROOF_BYTES,
        sealed_witness_bytes: SEALED_WITNESS_BYTES,
        public_inputs: ["registry_id", "merkle_root", "track_id", "epoch", "nullifier", "context"],
    })
}
