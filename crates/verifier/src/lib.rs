//! Checks ownership proofs under the pinned verification key, in this process: what the API does with what it is given, and
//! the prover with what its workers answer.

mod answer;

pub use answer::{AnswerError, proof_in_answer};
use veilpass_circuit::{PROOF_BYTES, VERIFICATION_KEY, VERIFICATION_KEY_HASH};
use veilpass_protocol::PublicInputs;
pub use veilpass_ultrahonk::VerifyError;
use veilpass_ultrahonk::{VerificationKey, verify};

/// Checks UltraHonk proofs of the ownership circuit.
#[derive(Debug)]
pub struct OwnershipVerifier {
    key: VerificationKey,
}

/// The pinned key cannot be used: this build is broken.
#[derive(Debug, thiserror::Error)]
#[error("the pinned verification key is not usable: {0}")]
pub struct PinnedKeyError(String);

impl OwnershipVerifier {
    /// Parses the pinned key and holds it to the pinned hash.
    pub fn new() -> Result<Self, PinnedKeyError> {
        let key = VerificationKey::parse(VERIFICATION_KEY).map_err(|error| PinnedKeyError(error.to_string()))?;
        if key.hash() != *VERIFICATION_KEY_HASH || key.proof_bytes() != PROOF_BYTES {
            return Err(PinnedKeyError("its hash or its size is not the pinned one".to_owned()));
        }
        Ok(Self { key })
    }

    /// Checks one proof: [`PROOF_BYTES`] bytes in Barretenberg's format. Computes for about 2 ms.
    pub fn verify(&self, proof: &[u8], public_inputs: &PublicInputs) -> Result<(), VerifyError> {
        verify(&self.key, proof, &public_inputs.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_key_is_the_one_of_the_pinned_hash() {
        assert_eq!(OwnershipVerifier::new().map(|verifier| verifier.key.log_n()).map_err(|e| e.to_string()), Ok(12));
    }
}
