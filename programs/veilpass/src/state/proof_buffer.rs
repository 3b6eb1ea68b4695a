//! A proof on its way to its check.

use anchor_lang::prelude::*;

use crate::proof::BUFFER_WORDS;

/// A proof and its hints, written by their owner. The check reads them where they lie.
#[account(zero_copy)]
pub struct ProofBuffer {
    /// Who opened the buffer, may write, use and close it, and gets its rent back.
    pub owner: Pubkey,
    /// The proof, then its hints: words of 32 big-endian bytes.
    pub words: [[u64; 4]; BUFFER_WORDS],
}

impl ProofBuffer {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + size_of::<Self>();
}
