//! Settings: flags, or the environment.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
};

use secrecy::SecretString;
use veilpass_telemetry::LogFormat;

use crate::{client_address::Network, cors::Origin};

/// The Veilpass API: takes proof requests and proofs over HTTP, coordinates, and never proves.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "veilpass-api", version)]
pub struct Config {
    /// Postgres, as postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,

    /// The secret that all replicas share, 64 hexadecimal digits: other keys are derived from it. Make one with
    /// `openssl rand -hex 32`. Without one there is no enrolment and there are no session grants.
    #[arg(long, env = "VEILPASS_MASTER_KEY", hide_env_values = true, conflicts_with = "master_key_file")]
    pub master_key: Option<SecretString>,

    /// File with the master key; mode 0600.
    #[arg(long, env = "VEILPASS_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,

    /// Address to listen on.
    #[arg(long, env = "HOST", default_value = "0.0.0.0")]
    pub host: IpAddr,

    /// Port to listen on; 0 takes a free one and prints it.
    #[arg(long, env = "PORT", default_value = "8080")]
    pub port: u16,

    /// Who proofs may be for: the origins of the frontends that this API serves, separated by commas.
    #[arg(long = "audiences", env = "VEILPASS_AUDIENCES", value_delimiter = ',', required = true)]
    pub audiences: Vec<String>,

    /// Origins of pages that may call this API from a browser, separated by commas. None: those audiences that are origins.
    #[arg(long, env = "VEILPASS_CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Option<Vec<Origin>>,

    /// For how long a session that a proof is bound to may live, in seconds.
    #[arg(long, env = "VEILPASS_MAX_SESSION_SECONDS", default_value = "86400")]
    pub max_session_seconds: u64,

    /// How many proof jobs may wait; more are refused with 503 and Retry-After.
    #[arg(long, env = "VEILPASS_QUEUE_CAPACITY", default_value = "1000")]
    pub queue_capacity: u32,

    /// For how long a new proof job may have to wait by estimate, in seconds; jobs that would wait longer are refused with 503
    /// and Retry-After.
    #[arg(long, env = "VEILPASS_MAX_QUEUE_WAIT_SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub max_queue_wait_seconds: u64,

    /// Proxies that say in X-Forwarded-For whom a request comes from: addresses or CIDR blocks, separated by commas. None:
    /// nobody is believed, and a client is whoever connects.
    #[arg(long, env = "VEILPASS_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,

    /// For how long news of the chain count, in seconds. When the indexer has been silent for longer, proofs of registries
    /// on chain are not settled offchain: a nullifier that was spent there could be missed.
    #[arg(long, env = "VEILPASS_MAX_CHAIN_AGE_SECONDS", default_value = "30")]
    pub max_chain_age_seconds: u64,

    /// RPC endpoints of the cluster, separated by commas: ownership of tokens is read from the first that answers. None:
    /// nobody is enrolled.
    #[arg(long, env = "VEILPASS_RPC_URLS", hide_env_values = true, value_delimiter = ',', value_name = "URL,...")]
    pub rpc_urls: Vec<SecretString>,

    /// How often enrolled tokens are looked for in their wallets, in seconds; enrolments of tokens that have moved are
    /// revoked. 0: never. One replica at a time does it.
    #[arg(long, env = "VEILPASS_SWEEP_INTERVAL_SECONDS", default_value = "600")]
    pub sweep_interval_seconds: u64,

    /// Most connections to Postgres.
    #[arg(long, env = "VEILPASS_DATABASE_CONNECTIONS", default_value = "20")]
    pub database_connections: u32,

    /// Most connections of clients; more wait until one ends. The default keeps the API below --memory-critical-mb even if
    /// each of them sends a proof.
    #[arg(long, env = "VEILPASS_MAX_CONNECTIONS", default_value = "3072")]
    pub max_connections: NonZeroUsize,

    /// Most requests that are worked on at once; more are refused with 503 and Retry-After.
    #[arg(long, env = "VEILPASS_MAX_REQUESTS", default_value = "1024")]
    pub max_requests: NonZeroUsize,

    /// Resident memory from which a warning is logged, in MB (10^6 bytes).
    #[arg(long, env = "VEILPASS_MEMORY_WARN_MB", default_value = "80")]
    pub memory_warn_mb: u64,

    /// Resident memory from which the alert memory_critical is raised, caches are emptied and only an eighth of
    /// --max-requests is worked on at once, in MB (10^6 bytes).
    #[arg(long, env = "VEILPASS_MEMORY_CRITICAL_MB", default_value = "95")]
    pub memory_critical_mb: u64,

    /// Address for operators, as HOST:PORT: /metrics (Prometheus), /livez, /readyz. None by default; port 0 takes a free
    /// one and prints it. Not for the public.
    #[arg(long, env = "VEILPASS_OPS_LISTEN")]
    pub ops_listen: Option<SocketAddr>,

    /// How log lines look.
    #[arg(long, env = "VEILPASS_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}
