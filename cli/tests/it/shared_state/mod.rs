//! What replicas of the API share, and what becomes of it when Redis or Postgres is away.

mod faults;
mod idempotency;
mod limits;
mod places;
mod store;

use std::{
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use veilpass_cli::{
    client::Client,
    holders::{self, AUDIENCE, Holder},
    stack::{ApiOptions, PostgresServer, RedisServer, ServiceProcess, start_api},
};
use veilpass_protocol::{Epoch, FieldElement, RegistryId};
use veilpass_sealing::ProverSecretKey;
use veilpass_store::{Store, StoreConfig};

use crate::stack::{DATABASE, create_registry};

const PATIENCE: Duration = Duration::from_secs(60);
const MASTER_KEY: (&str, &str) =
    ("VEILPASS_MASTER_KEY", "4c1f0c2a3e5b697887a9bacbdcedfe0f112233445566778899aabbccddeeff00");

/// Postgres and Redis, and as many APIs as a test wants. Proof requests are taken, and nobody proves.
struct Ground {
    dir: tempfile::TempDir,
    postgres: PostgresServer,
    redis: RedisServer,
    store: Store,
    key: ProverSecretKey,
    registry: RegistryId,
}

impl Ground {
    async fn prepare() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::Builder::new().prefix("veilpass-it-").tempdir().unwrap();
        // The database server runs as another user when we are root.
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let postgres = PostgresServer::start(&dir.path().join("postgres")).await.unwrap();
        postgres.recreate_database(DATABASE).await.unwrap();
        let store = Store::connect_lazy(&postgres.url(DATABASE), &StoreConfig::default()).unwrap();
        store.migrate().await.unwrap();
        let (registry, key) =
            (RegistryId::new(FieldElement::from_u64(1)), ProverSecretKey::from_bytes(&[7; 32]).unwrap());
        create_registry(&store, registry, "main").await;
        store.announce_prover_key(&key.public_key().to_bytes(), Duration::from_secs(600)).await.unwrap();
        let redis = RedisServer::start(&dir.path().join("redis")).await.unwrap();
        Self { dir, postgres, redis, store, key, registry }
    }

    fn log(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(format!("{name}.log"))
    }

    async fn try_start(&self, name: &str, redis: Option<&str>, flags: &[&str]) -> anyhow::Result<Api> {
        let (url, log) = (self.postgres.url(DATABASE), self.log(name));
        let flags = [&["--ops-listen", "127.0.0.1:0"], flags].concat();
        let options = ApiOptions {
            database_url: &url,
            redis_url: redis,
            audience: AUDIENCE,
            port: 0,
            log: &log,
            filter: None,
            flags: &flags,
            env: &[MASTER_KEY],
        };
        let (process, base) = start_api(&options).await?;
        Ok(Api { process, client: Client::new(&base)?, ops: ops_of(&log) })
    }

    /// An API that shares.
    async fn replica(&self, name: &str, flags: &[&str]) -> Api {
        self.try_start(name, Some(&self.redis.url()), flags).await.unwrap()
    }

    /// A proof request of a holder, sealed anew: another body each time.
    fn request(&self, holder: u64) -> Value {
        let holder = Holder::new(holder);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let statement = holder.statement(self.registry, Epoch(now / (30 * 86_400)), &holders::session(1, now + 600));
        Client::proof_request(&self.key.public_key(), &statement, &holder.witness(0))
    }
}

/// One replica.
struct Api {
    process: ServiceProcess,
    client: Client,
    /// Its listener for operators.
    ops: String,
}

impl Api {
    async fn metrics(&self) -> String {
        reqwest::get(format!("{}/metrics", self.ops)).await.unwrap().text().await.unwrap()
    }

    /// Waits until readiness says this of a part.
    async fn shows(&self, part: &str, state: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.client.get("/readyz").await.unwrap().body;
            if shown[part] == state {
                return;
            }
            assert!(Instant::now() < deadline, "{part} is not {state}: {shown}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn ops_of(log: &Path) -> String {
    let log = std::fs::read_to_string(log).unwrap();
    log.lines().filter_map(|line| line.strip_prefix("ops listening on ")).next_back().unwrap().trim().to_owned()
}
