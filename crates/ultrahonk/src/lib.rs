//! A verifier of Barretenberg's UltraHonk proofs: BN254, Keccak transcript, zero knowledge (`bb prove -t evm`).
//!
//! The algorithm needs neither `std` nor an allocator, and is written once against [`Backend`], a small trait for the
//! scalar field, the curve, the pairing and the hash. With the feature `host` (on by default) [`verify`] runs it on
//! arkworks; one verification takes about 2.5 ms on one core.
//!
//! ```
//! use veilpass_ultrahonk::{VerificationKey, verify};
//!
//! # let (vk, proof, public_inputs) = (
//! #     include_bytes!("../tests/fixtures/square/vk"),
//! #     include_bytes!("../tests/fixtures/square/proof"),
//! #     include_bytes!("../tests/fixtures/square/public_inputs"),
//! # );
//! let key = VerificationKey::parse(vk)?;
//! verify(&key, proof, public_inputs)?;
//!
//! let mut forged = *proof;
//! forged[1000] ^= 1;
//! assert!(verify(&key, &forged, public_inputs).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Bytes
//!
//! Everything is a sequence of 32-byte big-endian words. Scalars are below `r`, coordinates below `q`, a point is `x` then
//! `y`, 64 zero bytes are the identity. Any other encoding is refused, so a proof cannot be renamed.
//!
//! | what | bytes | content |
//! |---|---|---|
//! | key | 1,888 | `log_n`, public inputs + 8, row of the first public input, 28 commitments |
//! | public inputs | 32 each | in the order of `main` |
//! | proof | `32 (82 + 12 log_n)` | the sections of [`Section`], in its order |
//!
//! The key's 28 commitments are, in this order: the permutation `s_1 .. s_4`, the identity permutation `id_1 .. id_4`, the
//! first and the last Lagrange polynomial, `q_lookup`, the tables `t_1 .. t_4`, and the selectors `q_m q_r q_o q_c q_l q_4
//! q_arith q_range q_elliptic q_memory q_nnf q_poseidon2_external q_poseidon2_internal`.
//!
//! # What is checked
//!
//! Which function follows which step of Barretenberg, and why every saving is sound, is in the crate's `PROVENANCE.md`.
#![no_std]

#[cfg(any(test, feature = "host"))]
extern crate std;

pub mod backend;
mod claims;
mod commitments;
mod constants;
mod denominators;
mod entity;
mod error;
#[cfg(feature = "host")]
pub mod host;
mod layout;
mod libra;
pub mod limbs;
mod opening;
mod pairing_points;
pub mod pinned;
mod proof;
mod public_inputs;
#[cfg(all(test, feature = "host"))]
mod reference;
mod relations;
#[cfg(target_os = "solana")]
pub mod solana;
mod sumcheck;
mod transcript;
mod verify;
mod vk;
mod word;

pub use backend::{Backend, PointError, Scalar};
pub use error::{VerifyError, VkError};
#[cfg(feature = "host")]
pub use host::{VerificationKey, verify};
pub use layout::{PAIRING_POINT_LIMBS, Section, proof_bytes};
pub use verify::verify_with;
pub use vk::{Key, MAX_LOG_N, MAX_PUBLIC_INPUTS, VK_BYTES};
