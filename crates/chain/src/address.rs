//! Addresses of the program's accounts.

use solana_address::Address;
use veilpass_protocol::{Nullifier, RegistryId};

use crate::PROGRAM_ID;

/// The account of a registry.
pub fn registry_address(registry: RegistryId) -> Address {
    Address::find_program_address(&[b"registry", &registry.to_be_bytes()], &PROGRAM_ID).0
}

/// The receipt of a nullifier under a registry's account.
pub fn nullifier_address(registry: &Address, nullifier: Nullifier) -> Address {
    Address::find_program_address(&[b"nullifier", registry.as_ref(), &nullifier.to_be_bytes()], &PROGRAM_ID).0
}

/// The proof buffer of an owner: one for each seed, which has at most 32 bytes.
///
/// # Panics
///
/// If the seed is longer.
pub fn proof_buffer_address(owner: &Address, seed: &str) -> Address {
    Address::create_with_seed(owner, seed, &PROGRAM_ID).expect("a seed of at most 32 bytes")
}

/// Who signs the program's events.
pub fn event_authority() -> Address {
    Address::find_program_address(&[b"__event_authority"], &PROGRAM_ID).0
}
