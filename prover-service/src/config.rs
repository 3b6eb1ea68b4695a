//! Settings: flags, or the environment.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use secrecy::SecretString;
use veilpass_telemetry::LogOptions;

use crate::engine::LEAST_WORKER_MEMORY;

/// The Veilpass prover: turns queued jobs into verified proofs.
///
/// Any number of provers may work on one database; give all of them the same key file. SIGTERM lets proofs in flight end and
/// gives the other jobs back; SIGHUP replaces all bb processes by fresh ones, one after the other, while jobs go on.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "veilpass-prover", version)]
pub struct Config {
    /// Postgres, as postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,

    /// File with the X25519 key that witnesses are sealed to (64 hexadecimal digits, mode 0600). Created if missing.
    #[arg(long, env = "VEILPASS_PROVER_KEY_FILE")]
    pub key_file: PathBuf,

    /// Draws a new key into the key file and ends. The old one is kept beside it (KEY_FILE.retires-SECONDS) and opened for
    /// --key-overlap-seconds; then it is wiped. Provers that run see it within ten seconds, or at once at SIGHUP.
    #[arg(long)]
    pub rotate_key: bool,

    /// For how long clients may still seal to a key after it was rotated, in seconds.
    #[arg(long, env = "VEILPASS_KEY_OVERLAP_SECONDS", default_value = "3600", value_parser = clap::value_parser!(u64).range(60..=2_592_000))]
    pub key_overlap_seconds: u64,

    /// Redis, as redis://user:password@host/database, or rediss:// for TLS: by which the API hears how far jobs are. Without
    /// one it hears that through Postgres.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<SecretString>,

    /// Folder for tree snapshots, which spare a restart the rehashing of the tree. None: always rebuild.
    #[arg(long, env = "VEILPASS_SNAPSHOT_DIR")]
    pub snapshot_dir: Option<PathBuf>,

    /// The bb binary. Default: the one that ./veilpass installed, else the first on PATH; its version must be the
    /// pinned one.
    #[arg(long, env = "VEILPASS_BB")]
    pub bb: Option<PathBuf>,

    /// Number of warm bb processes, each proving one job at a time on one core. Default: as many as there are cores, or
    /// fewer if the memory is short.
    #[arg(long, env = "VEILPASS_WORKERS")]
    pub workers: Option<NonZeroUsize>,

    /// Hard limit of the memory of one bb, in MB (10^6 bytes). At 70 % of it a standby is prepared, at 90 % that takes over.
    #[arg(long, env = "VEILPASS_WORKER_MEMORY_MB", default_value = "64", value_parser = clap::value_parser!(u64).range((LEAST_WORKER_MEMORY / 1_000_000)..=1_000_000))]
    pub worker_memory_mb: u64,

    /// After how many proofs a bb is replaced by a fresh one.
    #[arg(long, env = "VEILPASS_WORKER_MAX_PROOFS", default_value = "10000", value_parser = clap::value_parser!(u64).range(1..))]
    pub worker_max_proofs: u64,

    /// At what age a bb is replaced by a fresh one, in seconds.
    #[arg(long, env = "VEILPASS_WORKER_MAX_AGE_SECONDS", default_value = "86400", value_parser = clap::value_parser!(u64).range(1..))]
    pub worker_max_age_seconds: u64,

    /// What the prover may take in all, in MB: its workers, one standby, its trees, itself. Default: four fifths of the
    /// machine, or of the control group that this runs in.
    #[arg(long, env = "VEILPASS_MEMORY_MB", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub memory_mb: Option<u64>,

    /// What the trees may take together, in MB (10^6 bytes; 71 for a million leaves). The least recently used ones beyond that
    /// are dropped, and come back from a snapshot or the log when a job needs them. Default: 1024, or half of what the
    /// prover may take if that is less.
    #[arg(long, env = "VEILPASS_TREE_MEMORY_MB", value_parser = clap::value_parser!(u64).range(0..=100_000_000))]
    pub tree_memory_mb: Option<u64>,

    /// For how long a job is leased, in seconds; renewed every third of it while the job is worked on.
    #[arg(long, env = "VEILPASS_LEASE_SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub lease_seconds: u64,

    /// After how many seconds without an answer a bb worker is replaced.
    #[arg(long, env = "VEILPASS_PROOF_TIMEOUT_SECONDS", default_value = "20", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub proof_timeout_seconds: u64,

    /// For how long a stopping prover lets proofs in flight end before it gives their jobs back, in seconds.
    #[arg(long, env = "VEILPASS_DRAIN_SECONDS", default_value = "20", value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub drain_seconds: u64,

    /// Resident memory of the prover process itself, without its workers, from which a warning is logged, in MB. Default: the
    /// budget of the trees and 64 MB.
    #[arg(long, env = "VEILPASS_MEMORY_WARN_MB")]
    pub memory_warn_mb: Option<u64>,

    /// The same, from which an alert is raised and no more jobs are taken, in MB. Default: the warning's and a quarter.
    #[arg(long, env = "VEILPASS_MEMORY_CRITICAL_MB")]
    pub memory_critical_mb: Option<u64>,

    /// Address that serves /metrics, /livez and /readyz to operators, as HOST:PORT; port 0 takes a free one and prints it.
    /// Default: none.
    #[arg(long, env = "VEILPASS_OPS_LISTEN")]
    pub ops_listen: Option<SocketAddr>,

    /// For how long ended jobs and their proofs are kept, in seconds; then they are archived without proof. Any prover
    /// archives for all: give all the same value.
    #[arg(long, env = "VEILPASS_JOB_RETENTION_SECONDS", default_value = "3600", value_parser = clap::value_parser!(u64).range(1..=2_592_000))]
    pub job_retention_seconds: u64,

    /// Logs.
    #[command(flatten)]
    pub logs: LogOptions,
}
