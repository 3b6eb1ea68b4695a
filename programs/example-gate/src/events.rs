//! What happened, for whoever follows the program.

use anchor_lang::prelude::*;

/// A listener was counted.
#[event]
pub struct Listened {
    pub gate: Pubkey,
    pub track_id: [u8; 32],
    pub epoch: u64,
    /// The listener's pseudonym for this track and epoch.
    pub nullifier: [u8; 32],
    /// Listeners so far, this one included.
    pub listens: u64,
}
