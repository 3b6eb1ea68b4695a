//! How values of the protocol look in JSON, for the OpenAPI document. Types of `veilpass-protocol` parse themselves; these
//! only describe them.
#![expect(dead_code, reason = "only the schemas of these types are used")]

use utoipa::ToSchema;

/// An element of Fr, the BN254 scalar field: 32 bytes, big-endian, below the modulus, as `0x` and 64 lowercase hexadecimal digits.
/// A value that is not canonical is refused.
#[derive(ToSchema)]
#[schema(
    value_type = String,
    pattern = "^0x[0-3][0-9a-f]{63}$",
    min_length = 66,
    max_length = 66,
    example = "0x0000000000000000000000000000000000000000000000000000000000000001"
)]
pub(crate) struct FieldHex(String);

/// 32 bytes as 64 lowercase hexadecimal digits.
#[derive(ToSchema)]
#[schema(
    value_type = String,
    pattern = "^[0-9a-f]{64}$",
    min_length = 64,
    max_length = 64,
    example = "8f3b1d5f6f3a4f0e9a7c2b1d8e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f"
)]
pub(crate) struct Hex32(String);

/// An address of the chain: 32 bytes, base58.
#[derive(ToSchema)]
#[schema(
    value_type = String,
    pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$",
    example = "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi"
)]
pub(crate) struct AddressBase58(String);

/// An Ed25519 signature: 64 bytes, base58.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[1-9A-HJ-NP-Za-km-z]{64,88}$")]
pub(crate) struct SignatureBase58(String);

/// Names a prover's public key: 16 bytes as 32 lowercase hexadecimal digits.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9a-f]{32}$", example = "5f2a4d7c9e1b3a6d8c0f2e4a6b8d0c1e")]
pub(crate) struct ProverKeyIdHex(String);

/// An UltraHonk proof: 7,232 bytes, padded standard base64.
#[derive(ToSchema)]
#[schema(value_type = String, content_encoding = "base64", min_length = 9644, max_length = 9644)]
pub(crate) struct ProofBase64(String);

/// A sealed witness: HPKE encapsulated key (32 bytes) and ciphertext (85 bytes), padded standard base64.
#[derive(ToSchema)]
#[schema(value_type = String, content_encoding = "base64", min_length = 156, max_length = 156)]
pub(crate) struct EnvelopeBase64(String);

/// A number of whole periods since the Unix epoch; the registry says how long a period is.
#[derive(ToSchema)]
#[schema(value_type = u64, example = 678)]
pub(crate) struct EpochNumber(u64);

/// What a proof is for. Its hash is the public input `context`.
#[derive(ToSchema)]
#[schema(as = ContextPreimage)]
pub(crate) struct ContextSchema {
    /// Who will accept the proof: the frontend's origin.
    #[schema(max_length = 256, example = "https://listen.example")]
    audience: String,
    /// The Ed25519 public key of the listener's session.
    session_public_key: Hex32,
    /// When the proof stops being acceptable, in seconds since the Unix epoch.
    expires_at: u64,
    /// The Solana program that checks the proof, base58.
    #[schema(max_length = 256)]
    program_id: String,
    /// The Solana cluster of that program.
    #[schema(max_length = 256, example = "mainnet-beta")]
    cluster: String,
}

/// The public inputs of a proof, in the circuit's order.
#[derive(ToSchema)]
#[schema(as = PublicInputs)]
pub(crate) struct PublicInputsSchema {
    /// The registry.
    registry_id: FieldHex,
    /// A published root of its tree.
    merkle_root: FieldHex,
    /// The track.
    track_id: FieldHex,
    /// The epoch.
    epoch: EpochNumber,
    /// One for each identity, track and epoch.
    nullifier: FieldHex,
    /// The hash of the context: 248 bits of SHA-256.
    context: FieldHex,
}
