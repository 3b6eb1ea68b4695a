//! Checking proofs. For now by a `bb verify` child process; the trait is where the verifier in Rust will go.

use std::{future::Future, path::PathBuf, pin::Pin, process::Stdio, time::Duration};

use tokio::{process::Command, sync::Semaphore, time::timeout};
use veilpass_circuit::{Bb, Crs, PROOF_BYTES, VERIFICATION_KEY};
use veilpass_protocol::PublicInputs;

/// Whether a proof holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It verifies for these public inputs under the pinned key.
    Valid,
    /// It does not.
    Invalid,
}

/// The proof could not be checked: nothing is known about it.
#[derive(Debug, thiserror::Error)]
#[error("the proof could not be checked: {0}")]
pub struct VerifierError(String);

/// Checks UltraHonk proofs (Keccak transcript, ZK) of the ownership circuit under the pinned verification key.
pub trait ProofVerifier: Send + Sync {
    /// Checks one proof.
    fn verify<'a>(
        &'a self,
        proof: &'a [u8; PROOF_BYTES],
        public_inputs: &'a PublicInputs,
    ) -> Pin<Box<dyn Future<Output = Result<Verdict, VerifierError>> + Send + 'a>>;
}

/// Longest that one check may take; it takes about 5 ms.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Checks by a child process for each proof.
pub struct BbVerifier {
    bb: Bb,
    crs: Crs,
    key_file: PathBuf,
    work_dir: tempfile::TempDir,
    /// Bounds the child processes alive at once, whatever the load.
    slots: Semaphore,
}

impl BbVerifier {
    /// Finds `bb` and writes the pinned key where it can read it.
    pub fn new(bb: Bb, crs: Crs) -> std::io::Result<Self> {
        let work_dir = tempfile::Builder::new().prefix("veilpass-verify-").tempdir()?;
        let key_file = work_dir.path().join("vk");
        std::fs::write(&key_file, VERIFICATION_KEY)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { bb, crs, key_file, work_dir, slots: Semaphore::new(cores) })
    }

    async fn run(&self, proof: &[u8], public_inputs: &PublicInputs) -> Result<Verdict, VerifierError> {
        let fail = |what: &str, error: &dyn std::fmt::Display| VerifierError(format!("{what}: {error}"));
        let _slot = self.slots.acquire().await.map_err(|error| fail("slot", &error))?;
        let dir = tempfile::tempdir_in(self.work_dir.path()).map_err(|error| fail("work folder", &error))?;
        let (proof_file, inputs_file) = (dir.path().join("proof"), dir.path().join("public_inputs"));
        tokio::fs::write(&proof_file, proof).await.map_err(|error| fail("proof file", &error))?;
        tokio::fs::write(&inputs_file, public_inputs.to_bytes()).await.map_err(|error| fail("inputs file", &error))?;
        let output = Command::new(self.bb.path())
            .args(["verify", "-t", "evm", "-c"])
            .arg(self.crs.dir())
            .arg("-k")
            .arg(&self.key_file)
            .arg("-p")
            .arg(&proof_file)
            .arg("-i")
            .arg(&inputs_file)
            .env("HARDWARE_CONCURRENCY", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .output();
        let output = timeout(TIMEOUT, output)
            .await
            .map_err(|_| VerifierError("bb verify did not answer in time".to_owned()))?
            .map_err(|error| fail("bb verify", &error))?;
        match output.status.code() {
            Some(0) => Ok(Verdict::Valid),
            // What bb exits with for a proof that it refuses. Should something else be wrong, a proof is refused too
            // often, never too seldom; its last line then says what.
            Some(1) => {
                let said = String::from_utf8_lossy(&output.stderr);
                tracing::info!(bb = said.lines().last().unwrap_or_default(), "proof refused");
                Ok(Verdict::Invalid)
            }
            _ => Err(VerifierError(format!("bb verify ended with {}", output.status))),
        }
    }
}

impl ProofVerifier for BbVerifier {
    fn verify<'a>(
        &'a self,
        proof: &'a [u8; PROOF_BYTES],
        public_inputs: &'a PublicInputs,
    ) -> Pin<Box<dyn Future<Output = Result<Verdict, VerifierError>> + Send + 'a>> {
        Box::pin(self.run(proof, public_inputs))
    }
}
