//! Checking proofs, in this process.

use std::sync::Arc;

use tokio::sync::Semaphore;
use veilpass_circuit::{PROOF_BYTES, VERIFICATION_KEY, VERIFICATION_KEY_HASH};
use veilpass_protocol::PublicInputs;
use veilpass_ultrahonk::{VerificationKey, VerifyError, verify};

/// Checks UltraHonk proofs of the ownership circuit under the pinned verification key.
pub struct OwnershipVerifier {
    key: Arc<VerificationKey>,
    /// One check for each core: it computes for about 2 ms, and the rest of the API should not wait behind many.
    slots: Semaphore,
}

/// The pinned key cannot be used: this build is broken.
#[derive(Debug, thiserror::Error)]
#[error("the pinned verification key is not usable: {0}")]
pub struct PinnedKeyError(String);

/// The check did not take place: nothing is known about the proof.
#[derive(Debug, thiserror::Error)]
#[error("the proof could not be checked: {0}")]
pub(crate) struct CheckError(String);

impl OwnershipVerifier {
    /// Parses the pinned key and holds it to the pinned hash.
    pub fn new() -> Result<Self, PinnedKeyError> {
        let key = VerificationKey::parse(VERIFICATION_KEY).map_err(|error| PinnedKeyError(error.to_string()))?;
        if key.hash() != *VERIFICATION_KEY_HASH || key.proof_bytes() != PROOF_BYTES {
            return Err(PinnedKeyError("its hash or its size is not the pinned one".to_owned()));
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { key: Arc::new(key), slots: Semaphore::new(cores) })
    }

    /// Checks one proof, off the threads that serve requests.
    pub(crate) async fn verify(
        &self,
        proof: Box<[u8; PROOF_BYTES]>,
        public_inputs: &PublicInputs,
    ) -> Result<Result<(), VerifyError>, CheckError> {
        let _slot = self.slots.acquire().await.map_err(|error| CheckError(error.to_string()))?;
        let (key, public_inputs) = (Arc::clone(&self.key), public_inputs.to_bytes());
        tokio::task::spawn_blocking(move || verify(&key, proof.as_slice(), &public_inputs))
            .await
            .map_err(|error| CheckError(error.to_string()))
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
