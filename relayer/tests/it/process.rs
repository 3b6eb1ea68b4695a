//! The real binary.

use std::{
    io::Write,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{ConnectOptions, PgPool};
use tempfile::NamedTempFile;

use crate::world::World;

/// A relayer in a process of its own, which is killed with this value.
pub(crate) struct RelayerProcess(pub(crate) Child);

impl Drop for RelayerProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl RelayerProcess {
    /// Ends it as a supervisor does.
    pub(crate) async fn terminate(mut self) -> ExitStatus {
        kill(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGTERM).unwrap();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl World {
    /// The operator's key in a file, as solana-keygen writes it, of mode 0600.
    pub(crate) fn key_file(&self) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        write!(file, "{:?}", self.operator.to_bytes()).unwrap();
        file
    }

    /// Starts a relayer with that key.
    pub(crate) fn spawn(&self, pool: &PgPool, key: &NamedTempFile, arguments: &[&str], log: Stdio) -> RelayerProcess {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veilpass-relayer"));
        command.env("DATABASE_URL", pool.connect_options().to_url_lossy().as_str());
        command.env("VEILPASS_FEE_PAYER_FILE", key.path());
        command.args(["--rpc", &self.chain.url, "--poll-ms", "25", "--log-format", "json"]).args(arguments);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        RelayerProcess(child)
    }
}
