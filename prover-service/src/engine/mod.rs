//! One warm `bb` process, which proves the ownership circuit. What it answers is verified in this process.

mod groups;
mod limit;
mod pipe;
mod spawn;

use std::{
    fmt,
    path::PathBuf,
    process::ExitStatus,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use barretenberg_rs::{
    BarretenbergApi, BarretenbergError,
    generated_types::{CircuitInput, CircuitInputNoVK, ProofSystemSettings},
};
pub(crate) use limit::LEAST_WORKER_MEMORY;
pub use limit::MemoryLimit;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use pipe::{BbPipe, PipeFault};
use veilpass_circuit::{Bb, Crs, VERIFICATION_KEY, VERIFICATION_KEY_HASH, verification_key_hash};
use veilpass_protocol::PublicInputs;
use veilpass_verifier::{AnswerError, OwnershipVerifier, proof_in_answer};

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
    /// What keeps the worker's memory in bounds.
    pub memory: MemoryLimit,
    /// Checks what the worker answers: in this process, because a worker that answers nonsense may also call it valid.
    pub verifier: Arc<OwnershipVerifier>,
}

impl EngineConfig {
    /// Finds `bb` and the reference string on this machine. Without a limit of the worker's memory.
    pub fn locate(bb: Option<PathBuf>, timeout: Duration) -> anyhow::Result<Self> {
        let verifier = Arc::new(OwnershipVerifier::new()?);
        Ok(Self { bb: Bb::locate(bb.as_deref())?, crs: Crs::locate()?, timeout, memory: MemoryLimit::None, verifier })
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
    /// It could not be started.
    #[error("bb does not start: {0}")]
    Start(#[from] std::io::Error),
    /// It did not answer in time.
    #[error("bb did not answer in time")]
    Hung,
    /// It has ended.
    #[error("bb is gone{}", .0.map(|status| format!(" ({status})")).unwrap_or_default())]
    Gone(Option<ExitStatus>),
    /// It needed more memory than it may have, and was ended.
    #[error("bb reached its memory limit")]
    OutOfMemory,
    /// It answered nonsense, or with an error.
    #[error("bb failed: {0}")]
    Answer(BarretenbergError),
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
    Shape(#[from] AnswerError),
    /// What it made does not verify.
    #[error("the proof that bb made does not verify under the pinned key")]
    InvalidProof,
}

impl EngineError {
    /// What [`Self::kind`] may return.
    pub(crate) const KINDS: [&str; 6] = ["start", "hung", "gone", "memory", "corrupt", "other_key"];

    /// The kind of failure, as metrics name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Hung => "hung",
            Self::Gone(_) => "gone",
            Self::OutOfMemory => "memory",
            Self::Answer(_) | Self::Shape(_) | Self::InvalidProof => "corrupt",
            Self::OtherVerificationKey { .. } => "other_key",
        }
    }
}

/// A warm `bb` with the ownership circuit.
pub struct ProvingEngine {
    api: BarretenbergApi<BbPipe>,
    pid: u32,
    bytecode: Vec<u8>,
    fault: Arc<Mutex<Option<PipeFault>>>,
    verifier: Arc<OwnershipVerifier>,
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
        let (pid, fault) = (pipe.pid(), pipe.fault());
        let api = BarretenbergApi::new(pipe);
        let mut engine = Self { api, pid, bytecode: bytecode.to_vec(), fault, verifier: Arc::clone(&config.verifier) };
        let circuit = CircuitInputNoVK { name: CIRCUIT_NAME.to_owned(), bytecode: bytecode.to_vec() };
        let key = engine.api.circuit_compute_vk(circuit, settings()).map_err(|error| engine.failure(error))?;
        if key.bytes != VERIFICATION_KEY || key.hash != VERIFICATION_KEY_HASH {
            return Err(EngineError::OtherVerificationKey { found: format!("0x{}", hex::encode(key.hash)) });
        }
        Ok(engine)
    }

    /// Process id of the worker.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the worker's process has not ended.
    pub fn is_alive(&self) -> bool {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        let pid = nix::unistd::Pid::from_raw(self.pid.cast_signed());
        matches!(waitid(Id::Pid(pid), flags), Ok(WaitStatus::StillAlive))
    }

    fn failure(&self, error: BarretenbergError) -> EngineError {
        match self.fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(PipeFault::Hung) => EngineError::Hung,
            Some(PipeFault::Gone(status)) => EngineError::Gone(status),
            Some(PipeFault::OutOfMemory) => EngineError::OutOfMemory,
            None => EngineError::Answer(error),
        }
    }

    /// Proves, then verifies the proof against the pinned key: `bb` answers an unsatisfied witness with an invalid proof
    /// and no error.
    pub fn prove(&mut self, witness: &Witness, public_inputs: &PublicInputs) -> Result<Proof, EngineError> {
        self.prove_telling(witness, public_inputs, || {})
    }

    /// The same, and tells when the proof is made and is to be verified.
    pub fn prove_telling(
        &mut self,
        witness: &Witness,
        public_inputs: &PublicInputs,
        on_made: impl FnOnce(),
    ) -> Result<Proof, EngineError> {
        let circuit = CircuitInput {
            name: CIRCUIT_NAME.to_owned(),
            bytecode: self.bytecode.clone(),
            verification_key: VERIFICATION_KEY.to_vec(),
        };
        let answer =
            self.api.circuit_prove(circuit, witness.expose_bytes(), settings()).map_err(|error| self.failure(error))?;
        let proof = proof_in_answer(&answer.proof, &answer.public_inputs, public_inputs)?;
        on_made();
        self.verifier.verify(&proof, public_inputs).map_err(|_| EngineError::InvalidProof)?;
        Ok(Proof(proof))
    }
}

#[cfg(test)]
mod tests;
