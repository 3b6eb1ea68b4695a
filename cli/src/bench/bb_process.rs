//! One `bb` process for each proof: what a service without warm workers would do.

use std::{
    fs,
    io::Write,
    process::{Child, Command, Stdio},
};

use anyhow::ensure;
use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;
use veilpass_circuit::{ARTIFACT, VERIFICATION_KEY};
use veilpass_prover::{EngineConfig, Witness};

/// The files of one claim, and how to start `bb` on them.
pub(super) struct BbProcess<'a> {
    config: &'a EngineConfig,
    dir: TempDir,
}

impl<'a> BbProcess<'a> {
    /// Writes the circuit, its key and the witness into a folder that only this user may enter.
    pub(super) fn new(config: &'a EngineConfig, witness: &Witness) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        fs::write(dir.path().join("circuit.json"), ARTIFACT)?;
        fs::write(dir.path().join("vk"), VERIFICATION_KEY)?;
        let mut encoder = GzEncoder::new(fs::File::create(dir.path().join("witness.gz"))?, Compression::default());
        encoder.write_all(witness.expose_bytes())?;
        encoder.finish()?;
        Ok(Self { config, dir })
    }

    /// Starts one. Those that run at once have different lanes, and write to a folder for each.
    pub(super) fn start(&self, lane: usize) -> anyhow::Result<Child> {
        let out = self.dir.path().join(format!("out-{lane}"));
        fs::create_dir_all(&out)?;
        let mut command = Command::new(self.config.bb.path());
        command
            .args(["prove", "-t", "evm", "-b", "circuit.json", "-w", "witness.gz", "-k", "vk", "-o"])
            .arg(&out)
            .arg("-c")
            .arg(self.config.crs.dir())
            .env("HARDWARE_CONCURRENCY", "1")
            .env("BB_MSM_NEW", "1")
            .current_dir(self.dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(command.spawn()?)
    }

    /// Makes one proof, without verifying it.
    pub(super) fn prove(&self) -> anyhow::Result<()> {
        finish(self.start(0)?)
    }
}

/// Waits for a process' proof.
pub(super) fn finish(mut process: Child) -> anyhow::Result<()> {
    let status = process.wait()?;
    ensure!(status.success(), "bb prove ended with {status}");
    Ok(())
}
