//! The accounts of the program.

use anchor_lang::prelude::*;

/// A gate, at the address of `["gate", authority, registry, track_id]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct Gate {
    /// Who made it.
    pub authority: Pubkey,
    /// The registry's account, whose receipts count.
    pub registry: Pubkey,
    /// The track that they must be for: a field element, big-endian.
    pub track_id: [u8; 32],
    /// Length of an epoch, in seconds: the registry's.
    pub epoch_length_seconds: u64,
    /// Receipts that were counted.
    pub listens: u64,
}

/// A receipt that was counted, at the address of `["listened", gate, nullifier]`. It is kept for good, so that the receipt
/// does not count again; a real gate would close it once its epoch is over.
#[account]
#[derive(InitSpace, Debug)]
pub struct Use {
    /// Whether it was counted.
    pub counted: bool,
}

impl Gate {
    /// First seed of the address.
    pub const SEED: &[u8] = b"gate";
    /// Bytes of the account.
    pub const SPACE: usize = 8 + Self::INIT_SPACE;
}

impl Use {
    /// First seed of the address.
    pub const SEED: &[u8] = b"listened";
    /// Bytes of the account.
    pub const SPACE: usize = 8 + Self::INIT_SPACE;
}
