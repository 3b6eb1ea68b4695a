//! What happened, for whoever follows the program.

use anchor_lang::prelude::*;

/// A registry was made.
#[event]
pub struct RegistryInitialized {
    pub registry: Pubkey,
    pub registry_id: [u8; 32],
    pub authority: Pubkey,
    pub publisher: Pubkey,
    pub epoch_length_seconds: u64,
    pub epoch_grace_seconds: u64,
    pub root_lifetime_seconds: u64,
}

/// A root was published.
#[event]
pub struct MerkleRootUpdated {
    pub registry: Pubkey,
    pub registry_id: [u8; 32],
    pub root: [u8; 32],
    /// 1, 2, 3... within the registry.
    pub sequence: u64,
    /// Roots before this one are revoked.
    pub min_root_sequence: u64,
    pub slot: u64,
    /// Seconds since the Unix epoch.
    pub expires_at: i64,
}

/// Roots were revoked without a new one.
#[event]
pub struct RootsRevoked {
    pub registry: Pubkey,
    pub registry_id: [u8; 32],
    /// Roots before this one are revoked.
    pub min_root_sequence: u64,
    pub slot: u64,
}

/// A proof was accepted and its nullifier burnt.
#[event]
pub struct OwnershipVerified {
    pub registry: Pubkey,
    pub registry_id: [u8; 32],
    pub track_id: [u8; 32],
    pub epoch: u64,
    pub nullifier: [u8; 32],
    pub context: [u8; 32],
    /// The root of the proof.
    pub root_sequence: u64,
    pub slot: u64,
}
