//! The receipt of an accepted proof.

use anchor_lang::prelude::*;

/// A burnt nullifier, at the address of `["nullifier", registry, nullifier]`. While it exists, the proof of the same
/// identity for the same track and epoch is refused; other programs take it as the receipt.
#[account(zero_copy)]
#[derive(Debug)]
pub struct Nullifier {
    /// The registry's account.
    pub registry: Pubkey,
    /// Public inputs of the proof.
    pub track_id: [u8; 32],
    /// See `track_id`.
    pub nullifier: [u8; 32],
    /// See `track_id`.
    pub context: [u8; 32],
    /// Who paid the rent, and gets it back.
    pub payer: Pubkey,
    /// See `track_id`.
    pub epoch: u64,
    /// The root of the proof.
    pub root_sequence: u64,
    /// When it was burnt.
    pub slot: u64,
    /// When it was burnt, in seconds since the Unix epoch.
    pub verified_at: i64,
}

impl Nullifier {
    /// First seed of the address.
    pub const SEED: &[u8] = b"nullifier";
    /// Bytes of the account.
    pub const SPACE: usize = 8 + size_of::<Self>();
}
