//! One warm `bb` process and what it is used for: proving the ownership circuit, and verifying what it proved.

mod pipe;

use std::{fmt, path::PathBuf, time::Duration};

use barretenberg_rs::{
    BarretenbergApi, BarretenbergError,
    generated_types::{CircuitInput, CircuitInputNoVK, ProofSystemSettings},
};
use pipe::BbPipe;
use veilpass_circuit::{Bb, Crs, PROOF_BYTES, VERIFICATION_KEY, VERIFICATION_KEY_HASH, verification_key_hash};
use veilpass_protocol::{FIELD_BYTES, PublicInputs};

use crate::solver::Witness;

/// How to run `bb`.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// The binary, its version checked.
    pub bb: Bb,
    /// The reference string.
    pub crs: Crs,
    /// After how long without an answer the worker counts as hung.
    pub timeout: Duration,
}

impl EngineConfig {
    /// Finds `bb` and the reference string on this machine.
    pub fn locate(bb: Option<PathBuf>, timeout: Duration) -> anyhow::Result<Self> {
        Ok(Self { bb: Bb::locate(bb.as_deref())?, crs: Crs::locate()?, timeout })
    }
}

/// A proof that was verified against the pinned key: 7,232 bytes in Barretenberg's format.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof(Vec<u8>);

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(..)")
    }
}

impl Proof {
    /// The proof's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The worker failed. It must be replaced: its answers can no longer be matched to requests.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It did not answer, answered nonsense, or is gone.
    #[error("bb failed: {0}")]
    Worker(#[from] BarretenbergError),
    /// It derives another verification key from the circuit than the pinned one.
    #[error(
        "bb derives verification key {found} from the ownership circuit, but this build is pinned to {}: \
         run ./veilpass circuits build --check",
        verification_key_hash()
    )]
    OtherVerificationKey {
        /// The hash of the key that it derived.
        found: String,
    },
    /// Its answer has another form than a proof of our circuit.
    #[error("bb answered with {0}")]
    Shape(&'static str),
    /// What it made does not verify.
    #[error("the proof that bb made does not verify under the pinned key")]
    InvalidProof,
}

/// A warm `bb` with the ownership circuit.
pub struct ProvingEngine {
    api: BarretenbergApi<BbPipe>,
    pid: u32,
    bytecode: Vec<u8>,
}

const CIRCUIT_NAME: &str = "ownership";

/// UltraHonk with a Keccak transcript and zero knowledge: what `bb -t evm` selects. No other flavour is ever used.
fn settings() -> ProofSystemSettings {
    ProofSystemSettings {
        ipa_accumulation: false,
        oracle_hash_type: "keccak".to_owned(),
        disable_zk: false,
        optimized_solidity_verifier: false,
    }
}

impl ProvingEngine {
    /// Starts `bb` and makes sure that it derives the pinned verification key from the circuit: a different `bb`,
    /// circuit or reference string is refused here.
    pub fn start(config: &EngineConfig, bytecode: &[u8]) -> Result<Self, EngineError> {
        let pipe = BbPipe::spawn(config)?;
        let pid = pipe.pid();
        let mut api = BarretenbergApi::new(pipe);
        let circuit = CircuitInputNoVK { name: CIRCUIT_NAME.to_owned(), bytecode: bytecode.to_vec() };
        let key = api.circuit_compute_vk(circuit, settings())?;
        if key.bytes != VERIFICATION_KEY || key.hash != VERIFICATION_KEY_HASH {
            return Err(EngineError::OtherVerificationKey { found: format!("0x{}", hex::encode(key.hash)) });
        }
        Ok(Self { api, pid, bytecode: bytecode.to_vec() })
    }

    /// Process id of the worker.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Proves, then verifies the proof against the pinned key: `bb` answers an unsatisfied witness with an invalid proof
    /// and no error.
    pub fn prove(&mut self, witness: &Witness, public_inputs: &PublicInputs) -> Result<Proof, EngineError> {
        let circuit = CircuitInput {
            name: CIRCUIT_NAME.to_owned(),
            bytecode: self.bytecode.clone(),
            verification_key: VERIFICATION_KEY.to_vec(),
        };
        let answer = self.api.circuit_prove(circuit, witness.expose_bytes(), settings())?;
        let proof = answer.proof.concat();
        if proof.len() != PROOF_BYTES || answer.proof.iter().any(|field| field.len() != FIELD_BYTES) {
            return Err(EngineError::Shape("a proof of another length"));
        }
        if answer.public_inputs.concat() != public_inputs.to_bytes() {
            return Err(EngineError::Shape("other public inputs than the statement's"));
        }
        let verdict =
            self.api.circuit_verify(VERIFICATION_KEY.as_slice(), answer.public_inputs, answer.proof, settings())?;
        if verdict.verified { Ok(Proof(proof)) } else { Err(EngineError::InvalidProof) }
    }
}

#[cfg(test)]
mod tests;
