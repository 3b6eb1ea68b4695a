//! Settings: flags, or the environment.

use std::{num::NonZeroUsize, path::PathBuf};

use veilpass_telemetry::LogFormat;

/// The Veilpass prover: turns queued jobs into verified proofs.
///
/// Any number of provers may work on one database; give all of them the same key file.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "veilpass-prover", version)]
pub struct Config {
    /// Postgres, as postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,

    /// File with the X25519 key that witnesses are sealed to (64 hexadecimal digits, mode 0600). Created if missing.
    #[arg(long, env = "VEILPASS_PROVER_KEY_FILE")]
    pub key_file: PathBuf,

    /// Folder for tree snapshots, which spare a restart the rehashing of the tree. None: always rebuild.
    #[arg(long, env = "VEILPASS_SNAPSHOT_DIR")]
    pub snapshot_dir: Option<PathBuf>,

    /// The bb binary. Default: the one that ./veilpass installed, else the first on PATH; its version must be the
    /// pinned one.
    #[arg(long, env = "VEILPASS_BB")]
    pub bb: Option<PathBuf>,

    /// Number of warm bb processes, each proving one job at a time on one core.
    #[arg(long, env = "VEILPASS_PROVER_WORKERS", default_value = "1")]
    pub workers: NonZeroUsize,

    /// For how long a job is leased, in seconds; renewed every third of it while the job is worked on.
    #[arg(long, env = "VEILPASS_LEASE_SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub lease_seconds: u64,

    /// After how many seconds without an answer a bb worker is replaced.
    #[arg(long, env = "VEILPASS_PROOF_TIMEOUT_SECONDS", default_value = "20", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub proof_timeout_seconds: u64,

    /// For how long a stopping prover lets proofs in flight end before it gives their jobs back, in seconds.
    #[arg(long, env = "VEILPASS_DRAIN_SECONDS", default_value = "20", value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub drain_seconds: u64,

    /// For how long ended jobs and their proofs are kept, in seconds; then they are archived without proof. Any prover
    /// archives for all: give all the same value.
    #[arg(long, env = "VEILPASS_JOB_RETENTION_SECONDS", default_value = "3600", value_parser = clap::value_parser!(u64).range(1..=2_592_000))]
    pub job_retention_seconds: u64,

    /// How log lines look.
    #[arg(long, env = "VEILPASS_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}
