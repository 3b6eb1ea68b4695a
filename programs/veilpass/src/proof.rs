//! The proof and the check of it.

use veilpass_ultrahonk::limbs::Word;
use veilpass_ultrahonk::pinned::{HINTS, PROOF_WORDS, PUBLIC_INPUTS};

use crate::error::VeilpassError;

/// Words of a proof buffer: the proof, then its hints, 32 bytes each, big-endian.
pub const BUFFER_WORDS: usize = PROOF_WORDS + HINTS;
/// Bytes of a proof buffer, without the account's header.
pub const BUFFER_BYTES: usize = 32 * BUFFER_WORDS;
const _: () = assert!(BUFFER_WORDS == 376);

/// Checks the proof under the pinned key. On chain only: a host has no system calls, and nothing there may count as a check.
pub fn verify(words: &[Word; BUFFER_WORDS], public_inputs: &[Word; PUBLIC_INPUTS]) -> Result<(), VeilpassError> {
    #[cfg(target_os = "solana")]
    {
        use veilpass_ultrahonk::{pinned, solana::Syscalls};
        let (Some(proof), Some(hints)) = (words.first_chunk(), words.last_chunk()) else {
            return Err(VeilpassError::BufferRange);
        };
        Ok(pinned::verify::<Syscalls>(&pinned::OWNERSHIP, proof, public_inputs, hints)?)
    }
    #[cfg(not(target_os = "solana"))]
    {
        let _ = (words, public_inputs);
        panic!("the program runs on chain")
    }
}
