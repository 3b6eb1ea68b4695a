//! The Veilpass protocol: one definition of its field elements, hashes, identifiers and public inputs.
//!
//! Everything is an element of Fr, the scalar field of BN254, written as 32 bytes **big-endian** and accepted only in
//! its canonical form: a value at or above the modulus is refused, never reduced. `circuits/protocol` is the same
//! definition in Noir; `circuits/ownership/vectors.json` holds the two together.
//!
//! | value | formula |
//! |---|---|
//! | commitment | `C = H(IDENTITY, s)` |
//! | leaf | `H(LEAF, C, token_id, track_id)` |
//! | inner node | `H(NODE, left, right)`; the empty leaf is 0 |
//! | scope | `H(SCOPE, registry_id, track_id, epoch)` |
//! | nullifier | `H(NULLIFIER, s, scope)` |
//! | context | 248 bits of SHA-256, see [`ContextPreimage`] |

mod clock;
mod context;
mod element;
mod epoch;
mod field;
mod grant_request;
mod hash;
mod identifier;
mod identity;
pub mod lower_hex;
mod master_key;
mod ownership;
mod public_inputs;
mod sealed;
mod wallet;

pub use clock::unix_now;
pub use context::{ContextPreimage, MAX_TEXT_BYTES};
pub use element::{Commitment, Context, Leaf, MerkleRoot, Node, Nullifier, RegistryId, Scope, TokenId, TrackId};
pub use epoch::{Epoch, EpochPolicy};
pub use field::{FIELD_BYTES, FieldElement, ParseFieldError};
pub use grant_request::grant_request_text;
pub use hash::{hash_leaf, hash_node, hash_nullifier, hash_scope};
pub use identity::IdentitySecret;
pub use master_key::{MasterKey, ParseMasterKeyError};
pub use ownership::{
    OWNERSHIP_RECORD_BYTES, OpenOwnershipError, OwnershipRecord, OwnershipSealer, SEALED_OWNERSHIP_BYTES,
};
pub use public_inputs::{
    PUBLIC_INPUT_COUNT, PUBLIC_INPUTS_BYTES, ParsePublicInputsError, ProofStatement, PublicInputs,
};
pub use sealed::{
    ENCAPSULATED_KEY_BYTES, ParseSealedWitnessError, ProverKeyId, SEALED_CIPHERTEXT_BYTES, SEALED_WITNESS_BYTES,
    SealedWitness, WITNESS_PLAINTEXT_BYTES,
};
pub use wallet::{Pepper, WalletHash};

/// Levels between a leaf and the root of a registry's tree: room for 2^32 leaves.
pub const TREE_DEPTH: usize = 32;
