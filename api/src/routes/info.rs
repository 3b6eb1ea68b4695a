//! What this build is pinned to, so that a client can refuse a mismatch.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use veilpass_circuit::{
    BB_VERSION, DEVICE_CRS_SHA256, NOIR_VERSION, OWNERSHIP_GATES, PROOF_BYTES, artifact_sha256, verification_key_hash,
};
use veilpass_protocol::{PUBLIC_INPUT_COUNT, SEALED_WITNESS_BYTES, TREE_DEPTH};

use crate::state::AppState;

/// What this build is pinned to, and what this API allows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Info {
    /// Of Veilpass.
    version: &'static str,
    /// SHA-256 of the compiled circuit, lowercase hexadecimal.
    circuit_sha256: String,
    /// Keccak-256 of the verification key, modulo r: `0x` and 64 lowercase hexadecimal digits.
    verification_key_hash: String,
    /// SHA-256 of `/v1/reference-string`, lowercase hexadecimal.
    reference_string_sha256: &'static str,
    /// Barretenberg, which proves.
    bb_version: &'static str,
    /// Noir, which compiled the circuit.
    noir_version: &'static str,
    /// Flavour of the proof system.
    proof_system: &'static str,
    /// Of the circuit.
    gates: u32,
    /// Levels between a leaf and the root.
    tree_depth: usize,
    /// Length of a proof.
    proof_bytes: usize,
    /// Length of a sealed witness.
    sealed_witness_bytes: usize,
    /// For how long a session may live that a proof is bound to.
    max_session_seconds: u64,
    /// The public inputs in their order.
    #[schema(value_type = Vec<String>)]
    public_inputs: [&'static str; PUBLIC_INPUT_COUNT],
}

/// What this build is pinned to, so that a client can refuse a mismatch.
#[utoipa::path(get, path = "/v1/info", operation_id = "info", tag = "service", responses((status = 200, description = "The pins", body = Info)))]
pub(crate) async fn info(State(state): State<AppState>) -> Json<Info> {
    Json(Info {
        version: env!("CARGO_PKG_VERSION"),
        circuit_sha256: artifact_sha256(),
        verification_key_hash: verification_key_hash(),
        reference_string_sha256: DEVICE_CRS_SHA256,
        bb_version: BB_VERSION,
        noir_version: NOIR_VERSION,
        proof_system: "UltraHonk, Keccak transcript, ZK",
        gates: OWNERSHIP_GATES,
        tree_depth: TREE_DEPTH,
        proof_bytes: PROOF_BYTES,
        sealed_witness_bytes: SEALED_WITNESS_BYTES,
        max_session_seconds: state.policy.max_session_seconds,
        public_inputs: ["registry_id", "merkle_root", "track_id", "epoch", "nullifier", "context"],
    })
}
