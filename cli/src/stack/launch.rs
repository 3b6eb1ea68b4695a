//! Starting the services.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use tokio::process::Command;

use super::process::{ServiceProcess, service_binary};

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How to run the API.
pub struct ApiOptions<'a> {
    /// Its database.
    pub database_url: &'a str,
    /// The Redis that it shares with other replicas, which also needs a master key in `env`.
    pub redis_url: Option<&'a str>,
    /// Whom proofs may be for.
    pub audience: &'a str,
    /// Port; 0 takes a free one.
    pub port: u16,
    /// File for its output.
    pub log: &'a Path,
    /// `RUST_LOG`, or the default.
    pub filter: Option<&'a str>,
    /// More flags of its command line. Without `--rate-limit-per-minute` among them there is no limit, since all
    /// clients of a development stack have one address.
    pub flags: &'a [&'a str],
    /// More of its environment: secrets above all, which other users can read among arguments.
    pub env: &'a [(&'a str, &'a str)],
}

/// How to run a prover.
pub struct ProverOptions<'a> {
    /// Its database.
    pub database_url: &'a str,
    /// File with its private key.
    pub key_file: PathBuf,
    /// Folder for tree snapshots.
    pub snapshot_dir: PathBuf,
    /// For how long it leases a job, in seconds.
    pub lease_seconds: u64,
    /// For how long it lets proofs in flight end when it stops, in seconds.
    pub drain_seconds: u64,
    /// File for its output.
    pub log: &'a Path,
    /// `RUST_LOG`, or the default.
    pub filter: Option<&'a str>,
    /// The bb binary, or the default.
    pub bb: Option<&'a Path>,
    /// More flags of its command line.
    pub flags: &'a [&'a str],
}

pub(super) fn base(binary: &str, database_url: &str, filter: Option<&str>) -> anyhow::Result<Command> {
    let mut command = Command::new(service_binary(binary)?);
    // The URL holds a password: in the environment, where other users cannot read it, not among the arguments.
    command.env("DATABASE_URL", database_url).env_remove("RUST_LOG").env_remove("VEILPASS_CONFIG");
    command.env("NO_COLOR", "1");
    if let Some(filter) = filter {
        command.env("RUST_LOG", filter);
    }
    Ok(command)
}

/// Starts the API and waits until it listens. Returns its URL.
pub async fn start_api(options: &ApiOptions<'_>) -> anyhow::Result<(ServiceProcess, String)> {
    let mut command = base("veilpass-api", options.database_url, options.filter)?;
    command.args(["--host", "127.0.0.1", "--audiences", options.audience]);
    if !options.flags.contains(&"--rate-limit-per-minute") {
        command.args(["--rate-limit-per-minute", "0"]);
    }
    command.args(["--port", &options.port.to_string()]).args(options.flags);
    // What this process has in its environment is not for the services of a stack.
    command.env_remove("REDIS_URL").env_remove("VEILPASS_MASTER_KEY").envs(options.env.iter().copied());
    if let Some(url) = options.redis_url {
        command.env("REDIS_URL", url);
    }
    let already = std::fs::metadata(options.log).map_or(0, |metadata| metadata.len()) as usize;
    let mut process = ServiceProcess::spawn("veilpass-api", &mut command, options.log, Signal::SIGTERM)?;
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        process.check()?;
        let log = std::fs::read_to_string(options.log).unwrap_or_default();
        let url = log.get(already..).unwrap_or_default().lines().find_map(|line| line.strip_prefix("listening on "));
        if let Some(url) = url {
            return Ok((process, url.trim().to_owned()));
        }
        if Instant::now() > deadline {
            bail!("the API does not listen; the end of its log:\n{}", process.tail());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Starts a prover. It is ready once it has announced its key.
pub fn start_prover(options: &ProverOptions<'_>) -> anyhow::Result<ServiceProcess> {
    let mut command = base("veilpass-prover", options.database_url, options.filter)?;
    command
        .arg("--key-file")
        .arg(&options.key_file)
        .arg("--snapshot-dir")
        .arg(&options.snapshot_dir)
        .args(["--lease-seconds", &options.lease_seconds.to_string()])
        .args(["--drain-seconds", &options.drain_seconds.to_string()])
        .args(options.flags);
    if let Some(bb) = options.bb {
        command.arg("--bb").arg(bb);
    }
    ServiceProcess::spawn("veilpass-prover", &mut command, options.log, Signal::SIGTERM).context("the prover")
}
