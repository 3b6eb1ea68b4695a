//! One API with its database and, unless it is alone, its Redis. No prover: a queued job stays queued.

use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use tempfile::TempDir;
use veilpass_protocol::{EpochPolicy, FieldElement, RegistryId};
use veilpass_sealing::ProverSecretKey;
use veilpass_store::{NewRegistry, Store, StoreConfig};
use veilpass_telemetry::{ProcessMemory, process_memory};

use crate::{
    client::Client,
    holders::{self, AUDIENCE, CLUSTER, TRACKS},
    stack::{ApiOptions, PostgresServer, RedisServer, ServiceProcess, open_to_server, start_api},
};

const DATABASE: &str = "veilpass";
const STOP_PATIENCE: Duration = Duration::from_secs(35);
/// Limits are checked for every request, as in production, but never reached.
const FLAGS: [&str; 8] = [
    "--rate-limit-per-minute",
    "100000000",
    "--rate-limit-burst",
    "1000000",
    "--max-queue-wait-seconds",
    "3600",
    "--queue-capacity",
    "10000",
];

/// A running API.
pub(super) struct ApiStack {
    postgres: PostgresServer,
    redis: Option<RedisServer>,
    api: ServiceProcess,
    /// The operator's way to the database.
    pub(super) store: Store,
    /// Its registry.
    pub(super) registry: RegistryId,
    /// A key that jobs can be sealed to; nobody proves them.
    pub(super) prover_key: ProverSecretKey,
    /// The API's URL.
    pub(super) base: String,
    _dir: TempDir,
}

impl ApiStack {
    /// Starts one with an empty registry.
    pub(super) async fn start(with_redis: bool) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("veilpass-bench-").tempdir()?;
        open_to_server(dir.path())?;
        let postgres = PostgresServer::start(&dir.path().join("postgres")).await?;
        postgres.recreate_database(DATABASE).await?;
        let url = postgres.url(DATABASE);
        let store = Store::connect_lazy(&url, &StoreConfig::default())?;
        store.migrate().await?;
        let registry = create_registry(&store).await?;
        let redis = match with_redis {
            true => Some(RedisServer::start(&dir.path().join("redis")).await?),
            false => None,
        };
        let master_key = hex::encode(rand::random::<[u8; 32]>());
        let redis_url = redis.as_ref().map(RedisServer::url);
        let options = ApiOptions {
            redis_url: redis_url.as_deref(),
            database_url: &url,
            audience: AUDIENCE,
            port: 0,
            log: &dir.path().join("api.log"),
            filter: None,
            flags: &FLAGS,
            env: &[("VEILPASS_MASTER_KEY", &master_key)],
        };
        let (api, base) = start_api(&options).await?;
        let prover_key = ProverSecretKey::from_bytes(&[7; 32])?;
        Ok(Self { postgres, redis, api, store, registry, prover_key, base, _dir: dir })
    }

    /// A client of the API.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        Client::new(&self.base)
    }

    /// The API's memory.
    pub(super) fn memory(&self) -> anyhow::Result<ProcessMemory> {
        let pid = self.api.pid().context("the API has ended")?;
        process_memory(pid).context("the API has ended")
    }

    /// Stops everything, in order. Fails if the API had ended before.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let ended = self.api.check();
        self.api.stop(Signal::SIGTERM, STOP_PATIENCE).await;
        self.store.close().await;
        if let Some(redis) = self.redis {
            redis.stop().await;
        }
        self.postgres.stop().await;
        if let Err(error) = ended {
            bail!("the API did not live through the measurement: {error:#}");
        }
        Ok(())
    }
}

async fn create_registry(store: &Store) -> anyhow::Result<RegistryId> {
    let id = RegistryId::new(FieldElement::from_u64(1));
    let new = NewRegistry {
        id,
        slug: "bench".to_owned(),
        program_id: holders::program_id(),
        cluster: CLUSTER.to_owned(),
        epochs: EpochPolicy { length_seconds: 30 * 86_400, grace_seconds: 60 },
        root_lifetime_seconds: 86_400,
        anchored: false,
    };
    store.create_registry(&new).await?;
    for track in TRACKS {
        store.create_track(id, track).await?;
    }
    Ok(id)
}
