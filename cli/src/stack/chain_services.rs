//! Starting the relayer and the indexer.

use std::path::Path;

use anyhow::Context;
use nix::sys::signal::Signal;

use super::{launch::base, process::ServiceProcess};

/// How to run a relayer.
pub struct RelayerOptions<'a> {
    /// Its database.
    pub database_url: &'a str,
    /// RPC endpoints, by commas.
    pub rpc: &'a str,
    /// File with the fee payer's key, of mode 0600.
    pub fee_payer_file: &'a Path,
    /// For how long changes wait for a root, in milliseconds.
    pub batch_age_ms: u64,
    /// For how long it leases an intent, in seconds.
    pub lease_seconds: u64,
    /// File for its output.
    pub log: &'a Path,
    /// `RUST_LOG`, or the default.
    pub filter: Option<&'a str>,
    /// More flags of its command line.
    pub flags: &'a [&'a str],
}

/// How to run an indexer.
pub struct IndexerOptions<'a> {
    /// Its database.
    pub database_url: &'a str,
    /// RPC of the cluster.
    pub rpc: &'a str,
    /// WebSocket of the cluster.
    pub ws: &'a str,
    /// How often it looks when the WebSocket is silent, in milliseconds.
    pub poll_ms: u64,
    /// File for its output.
    pub log: &'a Path,
    /// `RUST_LOG`, or the default.
    pub filter: Option<&'a str>,
    /// More flags of its command line.
    pub flags: &'a [&'a str],
}

/// Starts a relayer.
pub fn start_relayer(options: &RelayerOptions<'_>) -> anyhow::Result<ServiceProcess> {
    let mut command = base("veilpass-relayer", options.database_url, options.filter)?;
    // A URL of an RPC may hold a key.
    command.env("VEILPASS_RPC_URLS", options.rpc).env_remove("VEILPASS_FEE_PAYER_KEY");
    command.arg("--fee-payer-file").arg(options.fee_payer_file);
    command.args(["--batch-age-ms", &options.batch_age_ms.to_string()]);
    command.args(["--lease-seconds", &options.lease_seconds.to_string()]).args(options.flags);
    ServiceProcess::spawn("veilpass-relayer", &mut command, options.log, Signal::SIGTERM).context("the relayer")
}

/// Starts an indexer.
pub fn start_indexer(options: &IndexerOptions<'_>) -> anyhow::Result<ServiceProcess> {
    let mut command = base("veilpass-indexer", options.database_url, options.filter)?;
    command.env("VEILPASS_RPC_URL", options.rpc).env("VEILPASS_WS_URL", options.ws);
    command.args(["--poll-ms", &options.poll_ms.to_string()]).args(options.flags);
    ServiceProcess::spawn("veilpass-indexer", &mut command, options.log, Signal::SIGTERM).context("the indexer")
}
