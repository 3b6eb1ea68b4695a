//! The local chain: a Solana validator of this machine, built once into the cache.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdin, Command},
};
use veilpass_circuit::{cache_dir, workspace_root};

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A running chain with the Veilpass program. It ends when this is dropped, or when this process dies.
pub struct LocalChain {
    endpoints: Endpoints,
    #[expect(dead_code, reason = "killed when dropped")]
    child: Child,
    #[expect(dead_code, reason = "the chain ends when its input closes")]
    stdin: ChildStdin,
}

#[derive(Deserialize)]
struct Endpoints {
    rpc: String,
    ws: String,
}

impl LocalChain {
    /// The binary, compiled if it is missing or older than its sources. The first time takes about ten minutes: the
    /// validator has a thousand crates, which is why it is no part of the workspace.
    pub fn build() -> anyhow::Result<PathBuf> {
        if let Some(binary) = std::env::var_os("VEILPASS_LOCAL_CHAIN").filter(|value| !value.is_empty()) {
            return Ok(binary.into());
        }
        let rustc = std::process::Command::new("rustc").arg("-V").output().context("rustc")?;
        let version = String::from_utf8_lossy(&rustc.stdout).split(' ').nth(1).unwrap_or("unknown").to_owned();
        let target = cache_dir().join(format!("target-local-chain-{version}"));
        let binary = target.join("release/veilpass-local-chain");
        if !binary.is_file() {
            eprintln!("veilpass: compiling the local chain (once; about ten minutes) into {}", target.display());
        }
        let status = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--release", "--locked"])
            .current_dir(workspace_root().join("local-chain"))
            .env("CARGO_TARGET_DIR", &target)
            .stdin(Stdio::null())
            .status()
            .context("cargo")?;
        ensure!(status.success(), "the local chain does not compile: cargo ended with {status}");
        Ok(binary)
    }

    /// Starts a chain on free ports, with the committed program and money for these addresses. Its slots take as long as a
    /// cluster's, 400 ms.
    pub async fn start(binary: &Path, funded: &[String], log: &Path) -> anyhow::Result<Self> {
        Self::start_with_slots(binary, funded, log, 400).await
    }

    /// The same, with slots of so many milliseconds.
    pub async fn start_with_slots(binary: &Path, funded: &[String], log: &Path, slot_ms: u64) -> anyhow::Result<Self> {
        let program = workspace_root().join("programs/veilpass/veilpass.so");
        let log = std::fs::File::options().create(true).append(true).open(log).context("the chain's log")?;
        let mut command = Command::new(binary);
        command.arg("--program").arg(format!("{}={}", veilpass_chain::PROGRAM_ID, program.display()));
        command.args(["--slot-ms", &slot_ms.to_string()]);
        for address in funded {
            command.args(["--fund", address]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).process_group(0).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let stdin = child.stdin.take().context("the chain's input")?;
        let mut lines = BufReader::new(child.stdout.take().context("the chain's output")?).lines();
        let line = tokio::time::timeout(START_TIMEOUT, lines.next_line()).await;
        let Ok(Ok(Some(line))) = line else { bail!("the local chain did not start: see its log") };
        let endpoints = serde_json::from_str(&line).with_context(|| format!("the local chain said: {line}"))?;
        Ok(Self { endpoints, child, stdin })
    }

    /// URL of its RPC.
    pub fn rpc(&self) -> &str {
        &self.endpoints.rpc
    }

    /// URL of its WebSocket.
    pub fn ws(&self) -> &str {
        &self.endpoints.ws
    }
}
