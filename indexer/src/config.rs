//! Settings: flags, or the environment.

use std::net::SocketAddr;

use veilpass_telemetry::LogOptions;

/// The Veilpass indexer: follows the program on chain, and keeps its events as rows.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "veilpass-indexer", version)]
pub struct Config {
    /// Postgres, as postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,

    /// RPC of the cluster, as http(s)://host. It must keep transactions for as long as the indexer may be down.
    #[arg(long = "rpc", env = "VEILPASS_RPC_URL", hide_env_values = true)]
    pub rpc_url: String,

    /// WebSocket of the cluster, as ws(s)://host. None: events are seen when next polled.
    #[arg(long = "ws", env = "VEILPASS_WS_URL", hide_env_values = true)]
    pub ws_url: Option<String>,

    /// How often the ledger is looked at when the WebSocket is silent, in milliseconds.
    #[arg(long, env = "VEILPASS_INDEXER_POLL_MS", default_value = "1000", value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub poll_ms: u64,

    /// After how many seconds a request to the RPC is given up.
    #[arg(long, env = "VEILPASS_RPC_TIMEOUT_SECONDS", default_value = "15", value_parser = clap::value_parser!(u64).range(1..=300))]
    pub rpc_timeout_seconds: u64,

    /// How many transactions are asked for in one request. A node that takes no batches, or smaller ones, is asked for one
    /// after the other.
    #[arg(long, env = "VEILPASS_INDEXER_BATCH", default_value = "50", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub batch: u16,

    /// How many requests for transactions are under way at once.
    #[arg(long, env = "VEILPASS_INDEXER_REQUESTS", default_value = "8", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub requests: u16,

    /// Reads everything from this slot on again, then follows. The rows stay the same unless they were wrong.
    #[arg(long)]
    pub from_slot: Option<u64>,

    /// Address that serves /metrics, /livez and /readyz to operators, as HOST:PORT; port 0 takes a free one and prints it.
    /// Default: none.
    #[arg(long, env = "VEILPASS_OPS_LISTEN")]
    pub ops_listen: Option<SocketAddr>,

    /// Logs.
    #[command(flatten)]
    pub logs: LogOptions,
}
