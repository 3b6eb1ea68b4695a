//! Proofs that were refused, remembered by all replicas: the same bytes again cost a look-up, not a check of 2 ms.
//!
//! Only refusals are kept, never that a proof holds: whoever could write to Redis could at most have a proof refused.

use std::time::Duration;

use metrics::counter;
use sha2::{Digest, Sha256};
use veilpass_circuit::verification_key_hash;
use veilpass_protocol::PublicInputs;
use veilpass_shared_state::SharedState;

const SPACE: &str = "refused-proof";
/// What does not hold never will; this bounds what is kept.
const KEPT: Duration = Duration::from_secs(600);

/// SHA-256 of the verification key's hash, the public inputs and the proof.
pub(crate) struct ProofDigest([u8; 32]);

impl ProofDigest {
    pub(crate) fn new(proof: &[u8], inputs: &PublicInputs) -> Self {
        let digest = Sha256::new().chain_update(verification_key_hash()).chain_update(inputs.to_bytes());
        Self(digest.chain_update(proof).finalize().into())
    }

    /// Why it was refused before. If that cannot be looked up, it is checked again.
    pub(crate) async fn refusal(&self, shared: &SharedState) -> Option<String> {
        let reason = shared.get_value(SPACE, &self.0).await.ok()??;
        counter!("veilpass_api_refusals_remembered_total").increment(1);
        String::from_utf8(reason).ok()
    }

    /// Remembers a refusal, if there is room.
    pub(crate) async fn remember(&self, shared: &SharedState, reason: &str) {
        let _ = shared.put_value(SPACE, &self.0, reason.as_bytes(), KEPT).await;
    }
}
