//! A proof with its hints, as the program takes it.

use veilpass_protocol::PublicInputs;
use veilpass_ultrahonk::pinned::{self, HINTS, OWNERSHIP, PROOF_WORDS, PUBLIC_INPUTS, Refusal};

/// Bytes of a proof buffer's content: the proof, then its hints.
pub const BUFFER_BYTES: usize = 32 * (PROOF_WORDS + HINTS);

/// A proof that the program will accept, as far as the proof goes.
pub struct ProofSubmission {
    /// What the proof is about.
    pub public_inputs: PublicInputs,
    content: Vec<u8>,
}

/// Why a proof is not submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionError {
    /// Another length than every proof has.
    #[error("a proof has {} bytes", 32 * PROOF_WORDS)]
    Length,
    /// The program would refuse it.
    #[error("the proof does not verify: {0:?}")]
    Refused(Refusal),
}

impl ProofSubmission {
    /// Verifies a proof as the program will, and computes its hints. Takes some milliseconds of a core.
    pub fn new(proof: &[u8], public_inputs: &PublicInputs) -> Result<Self, SubmissionError> {
        let words = pinned::words(proof).ok_or(SubmissionError::Length)?;
        let inputs: [_; PUBLIC_INPUTS] = public_inputs.elements().map(|element| bytemuck::cast(element.to_be_bytes()));
        let hints = pinned::hints(&OWNERSHIP, &words, &inputs).map_err(SubmissionError::Refused)?;
        Ok(Self { public_inputs: *public_inputs, content: [proof, pinned::bytes(&hints)].concat() })
    }

    /// A submission of any bytes, for tests of what the program refuses.
    #[doc(hidden)]
    pub fn unchecked(public_inputs: PublicInputs, content: Vec<u8>) -> Self {
        Self { public_inputs, content }
    }

    /// The content of the proof buffer: [`BUFFER_BYTES`].
    pub fn content(&self) -> &[u8] {
        &self.content
    }
}
