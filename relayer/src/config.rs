//! Settings: flags, or the environment.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use veilpass_telemetry::LogOptions;

/// The Veilpass relayer: publishes roots and settles proofs on Solana, from the outbox in Postgres.
///
/// Any number of relayers may work on one outbox; an intent is worked on by one of them at a time.
#[derive(Clone, clap::Parser)]
#[command(name = "veilpass-relayer", version)]
pub struct Config {
    /// Postgres, as postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,

    /// RPC endpoints, by commas: the healthiest is asked first, the others when it fails.
    #[arg(long = "rpc", env = "VEILPASS_RPC_URLS", value_delimiter = ',', required = true, hide_env_values = true)]
    pub rpc_urls: Vec<String>,

    /// File with the fee payer's key, as solana-keygen writes it, of mode 0600. The same content may be given in
    /// VEILPASS_FEE_PAYER_KEY instead.
    #[arg(long, env = "VEILPASS_FEE_PAYER_FILE")]
    pub fee_payer_file: Option<PathBuf>,

    /// Intents that are worked on at once.
    #[arg(long, env = "VEILPASS_RELAYER_WORKERS", default_value = "4")]
    pub workers: NonZeroUsize,

    /// For how long an intent is leased, in seconds; renewed every third of it while it is worked on.
    #[arg(long, env = "VEILPASS_LEASE_SECONDS", default_value = "30",
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub lease_seconds: u64,

    /// After how many milliseconds without an answer the next RPC endpoint is asked.
    #[arg(long, env = "VEILPASS_RPC_TIMEOUT_MS", default_value = "5000",
        value_parser = clap::value_parser!(u64).range(100..=60_000))]
    pub rpc_timeout_ms: u64,

    /// How often a sent transaction is looked for, in milliseconds.
    #[arg(long, env = "VEILPASS_POLL_MS", default_value = "200",
        value_parser = clap::value_parser!(u64).range(10..=10_000))]
    pub poll_ms: u64,

    /// The most to offer for a compute unit, in millionths of a lamport.
    #[arg(long, env = "VEILPASS_MAX_PRICE_MICRO_LAMPORTS", default_value = "200000")]
    pub max_price_micro_lamports: u64,

    /// The most to spend in 24 hours, in lamports: fees, and rent that comes back only after an epoch. A twentieth of it is
    /// kept for roots, which settlements cannot use up.
    #[arg(long, env = "VEILPASS_DAILY_LIMIT_LAMPORTS", default_value = "1000000000")]
    pub daily_limit_lamports: u64,

    /// Below this balance the relayer warns, in lamports.
    #[arg(long, env = "VEILPASS_LOW_BALANCE_LAMPORTS", default_value = "500000000")]
    pub low_balance_lamports: u64,

    /// Format of the transactions that upload a proof: those that emit events are always legacy.
    #[arg(long, env = "VEILPASS_UPLOAD_FORMAT", value_enum, default_value_t)]
    pub upload_format: UploadFormat,

    /// A root is published when this many changes of a registry wait for one...
    #[arg(long, env = "VEILPASS_BATCH_CHANGES", default_value = "1000", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch_changes: u64,

    /// ...or when the oldest change has waited for this long, in milliseconds.
    #[arg(long, env = "VEILPASS_BATCH_AGE_MS", default_value = "2000")]
    pub batch_age_ms: u64,

    /// How often nullifiers whose epoch and the one after it are over are closed, in seconds; 0: never.
    #[arg(long, env = "VEILPASS_RECLAIM_SECONDS", default_value = "3600")]
    pub reclaim_seconds: u64,

    /// Address that serves /metrics, /livez and /readyz to operators, as HOST:PORT; port 0 takes a free one and prints it.
    /// Default: none.
    #[arg(long, env = "VEILPASS_OPS_LISTEN")]
    pub ops_listen: Option<SocketAddr>,

    /// Logs.
    #[command(flatten)]
    pub logs: LogOptions,
}

/// Format of uploads.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum UploadFormat {
    /// The newest that the cluster takes.
    #[default]
    Auto,
    /// 1,232 bytes.
    Legacy,
    /// 4,096 bytes.
    V1,
}
