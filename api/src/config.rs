//! Settings: flags, or the environment.

use std::{
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use anyhow::Context;
use secrecy::SecretString;
use veilpass_telemetry::LogOptions;

use crate::{anonymity::AnonymityPolicy, cors::Origin, grants::GrantPolicy, network::Network, ops::OperatorKey};

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

    /// Redis, as redis://user:password@host/database, or rediss:// for TLS: what several replicas share. It needs a master
    /// key. Without one this must be the only API at its database.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<SecretString>,

    /// For how long a starting API waits for another one to leave that it cannot share the database with, in seconds: as in a
    /// rolling deployment, where the one before has 30 s to end. Then it refuses to start.
    #[arg(long, env = "VEILPASS_REPLICA_WAIT_SECONDS", default_value = "45")]
    pub replica_wait_seconds: u64,

    /// Requests a minute that a client may make, on average; 0: as many as it likes. A client is an IPv4 address, or a /64 of
    /// IPv6; see --trusted-proxies. Health has no limit.
    #[arg(long, env = "VEILPASS_RATE_LIMIT_PER_MINUTE", default_value = "100")]
    pub rate_limit_per_minute: u32,

    /// Requests that a client may make at once after a pause. Default: as many as in a minute.
    #[arg(long, env = "VEILPASS_RATE_LIMIT_BURST")]
    pub rate_limit_burst: Option<NonZeroU32>,

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

    /// How many holders of a track are enough to hide among; see /v1/registries/{id}/tracks/{id}/anonymity.
    #[arg(long, env = "VEILPASS_ANONYMITY_FLOOR", default_value = "20")]
    pub anonymity_floor: u64,

    /// What is done about tracks with fewer holders: say so in the answers, or refuse to make and settle proofs of them.
    #[arg(long, env = "VEILPASS_ANONYMITY_POLICY", value_enum, default_value_t)]
    pub anonymity_policy: AnonymityPolicy,

    /// Most streams of events (/v1/proofs/{id}/events) that are open at once; more are refused with 503 and Retry-After.
    #[arg(long, env = "VEILPASS_MAX_EVENT_STREAMS", default_value = "2048")]
    pub max_event_streams: usize,

    /// Most of these of one client, by its address; one more ends its oldest.
    #[arg(long, env = "VEILPASS_MAX_EVENT_STREAMS_PER_CLIENT", default_value = "3")]
    pub max_event_streams_per_client: NonZeroUsize,

    /// For how long news of the chain count, in seconds. When the indexer has not seen the chain go on for longer, proofs of registries
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

    /// How old an enrolment must be before its own wallet may replace it, under another commitment, in seconds; earlier it is
    /// refused with 409 and Retry-After. Each replacement makes all earlier roots stale, for everybody. 0: no limit.
    #[arg(long, env = "VEILPASS_REPLACEMENT_SECONDS", default_value = "600")]
    pub replacement_seconds: u64,

    /// Claim `iss` of session grants, the same for all replicas; the first of --audiences by default.
    #[arg(long, env = "VEILPASS_GRANT_ISSUER")]
    pub grant_issuer: Option<String>,

    /// For how long a session grant is good, in seconds; never beyond its session, nor the epoch of its proof with the
    /// registry's grace.
    #[arg(long, env = "VEILPASS_GRANT_SECONDS", default_value = "600", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub grant_seconds: u64,

    /// For how long a key signs session grants, in days; parts of a day are allowed. The next key is published all that
    /// time.
    #[arg(long, env = "VEILPASS_GRANT_KEY_DAYS", default_value = "30")]
    pub grant_key_days: Days,

    /// For how long a key of session grants is published before it signs, at least, in seconds; at least twice
    /// --grant-jwks-max-age-seconds.
    #[arg(long, env = "VEILPASS_GRANT_KEY_LEAD_SECONDS", default_value = "3600")]
    pub grant_key_lead_seconds: u64,

    /// For how long verifiers may keep /.well-known/jwks.json, in seconds. After a compromise, old keys count there for as
    /// long.
    #[arg(long, env = "VEILPASS_GRANT_JWKS_MAX_AGE_SECONDS", default_value = "300")]
    pub grant_jwks_max_age_seconds: u64,

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

    /// Address for operators, as HOST:PORT: /metrics (Prometheus), /livez, /readyz, /ops/v1, and /ops/ with --ops-pages. None by
    /// default; port 0 takes a free one and prints it. Not for the public.
    #[arg(long, env = "VEILPASS_OPS_LISTEN")]
    pub ops_listen: Option<SocketAddr>,

    /// Who may use /ops/v1 of that address, as NAME:SHA256 separated by commas; `veilpass operator-key` makes them. None:
    /// nobody.
    #[arg(long, env = "VEILPASS_OPERATOR_KEYS", hide_env_values = true, value_delimiter = ',')]
    pub operator_keys: Vec<OperatorKey>,

    /// Folder with the operators' page, served at /ops/ of that address. The page asks for a key; without one it shows nothing.
    #[arg(long, env = "VEILPASS_OPS_PAGES", value_name = "DIR")]
    pub ops_pages: Option<PathBuf>,

    /// Logs.
    #[command(flatten)]
    pub logs: LogOptions,
}

/// A length of time in days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Days(Duration);

/// Not a number of days, or not a sensible one.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("expected a number of days above 0, up to 3650, such as 30 or 0.5")]
pub struct ParseDaysError;

impl FromStr for Days {
    type Err = ParseDaysError;

    fn from_str(text: &str) -> Result<Self, ParseDaysError> {
        let days: f64 = text.parse().map_err(|_| ParseDaysError)?;
        let seconds = Duration::try_from_secs_f64(days * 86_400.0).map_err(|_| ParseDaysError)?;
        if seconds.is_zero() || days > 3650.0 { Err(ParseDaysError) } else { Ok(Self(seconds)) }
    }
}

impl Config {
    /// How session grants are issued.
    ///
    /// # Errors
    /// If verifiers could miss a new key.
    pub(crate) fn grant_policy(&self) -> anyhow::Result<GrantPolicy> {
        let (lead, max_age) = (self.grant_key_lead_seconds, self.grant_jwks_max_age_seconds);
        anyhow::ensure!(
            lead >= max_age.saturating_mul(2),
            "--grant-key-lead-seconds ({lead}) must be at least twice --grant-jwks-max-age-seconds ({max_age}): a verifier \
             must have read a key before it signs"
        );
        let first = self.audiences.first().context("--audiences is empty")?;
        Ok(GrantPolicy {
            issuer: self.grant_issuer.clone().unwrap_or_else(|| first.clone()),
            lifetime: Duration::from_secs(self.grant_seconds),
            key_period: self.grant_key_days.0,
            key_lead: Duration::from_secs(lead),
            jwks_max_age: Duration::from_secs(max_age),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_a_sensible_number() {
        assert_eq!("0.5".parse::<Days>().unwrap(), Days(Duration::from_secs(43_200)));
        for wrong in ["", "0", "-1", "inf", "NaN", "1e99", "3651", "30d"] {
            assert!(wrong.parse::<Days>().is_err(), "{wrong}");
        }
    }
}
