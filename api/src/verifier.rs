//! Checking proofs off the threads that serve requests.

use std::sync::Arc;

use tokio::sync::Semaphore;
use veilpass_circuit::PROOF_BYTES;
use veilpass_protocol::PublicInputs;
use veilpass_verifier::{OwnershipVerifier, PinnedKeyError, VerifyError};

/// Checks proofs, one on each core at a time.
pub struct ProofChecks {
    verifier: Arc<OwnershipVerifier>,
    /// A check computes for about 2 ms, and the rest of the API should not wait behind many.
    slots: Semaphore,
}

/// The check did not take place: nothing is known about the proof.
#[derive(Debug, thiserror::Error)]
#[error("the proof could not be checked: {0}")]
pub(crate) struct CheckError(String);

impl ProofChecks {
    /// Checks under the pinned key.
    pub fn new() -> Result<Self, PinnedKeyError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { verifier: Arc::new(OwnershipVerifier::new()?), slots: Semaphore::new(cores) })
    }

    /// Checks one proof.
    pub(crate) async fn verify(
        &self,
        proof: Box<[u8; PROOF_BYTES]>,
        public_inputs: PublicInputs,
    ) -> Result<Result<(), VerifyError>, CheckError> {
        let _slot = self.slots.acquire().await.map_err(|error| CheckError(error.to_string()))?;
        let verifier = Arc::clone(&self.verifier);
        tokio::task::spawn_blocking(move || verifier.verify(proof.as_slice(), &public_inputs))
            .await
            .map_err(|error| CheckError(error.to_string()))
    }
}
