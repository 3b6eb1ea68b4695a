//! A verifier of Barretenberg's UltraHonk proofs: BN254, Keccak transcript, zero knowledge (`bb prove -t evm`).
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
mod opening;
mod pairing_points;
mod proof;
mod public_inputs;
#[cfg(all(test, feature = "host"))]
mod reference;
mod relations;
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
pub use verify::{Mode, verify_with};
pub use vk::{MAX_LOG_N, MAX_PUBLIC_INPUTS, VK_BYTES};
