//! A whole stack for one test.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use nix::sys::signal::Signal;
use sqlx::PgPool;
use veilpass_cli::{
    client::{Client, DelegatedProof, JobEnd},
    holders::{self, AUDIENCE, CLUSTER, Holder, TRACKS},
    operator::{Audit, audit, wait_for_roots},
    publish::publish,
    stack::{ApiOptions, PostgresServer, ProverOptions, RedisServer, ServiceProcess, start_api, start_prover},
};
use veilpass_protocol::{ContextPreimage, Epoch, EpochPolicy, FieldElement, Pepper, RegistryId};
use veilpass_sealing::ProverPublicKey;
use veilpass_store::{NewRegistry, Registry, Store, StoreConfig};

use crate::chain_parts::ChainParts;

pub(crate) const DATABASE: &str = "veilpass";
/// Of every API: no sweep and no limit of replacements unless a test wants one.
const BASE_ENV: [(&str, &str); 2] = [("VEILPASS_SWEEP_INTERVAL_SECONDS", "0"), ("VEILPASS_REPLACEMENT_SECONDS", "0")];
/// Of every API with a chain.
pub(crate) const MASTER_KEY: &str = "6d61737465726b65796d61737465726b65796d61737465726b65796d61737465";
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct TestStack {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) postgres: PostgresServer,
    /// Of a stack that was given an environment with a master key: other APIs may stand beside its own.
    pub(crate) redis: Option<RedisServer>,
    pub(crate) api: Option<ServiceProcess>,
    pub(crate) prover: Option<ServiceProcess>,
    pub(crate) store: Store,
    pub(crate) pool: PgPool,
    pub(crate) client: Client,
    pub(crate) key: ProverPublicKey,
    pub(crate) registry: RegistryId,
    pub(crate) epoch: Epoch,
    filter: Option<&'static str>,
    chain: Option<ChainParts>,
}

impl TestStack {
    /// A stack whose registry has 12 holders.
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// The same, with its services logging by this filter.
    pub(crate) async fn start_with(filter: Option<&'static str>) -> Self {
        Self::launch(filter, false, &[], &[]).await
    }

    /// The same with a local chain, a relayer and an indexer: the registry is anchored.
    pub(crate) async fn start_on_chain() -> Self {
        Self::launch(None, true, &[], &[]).await
    }

    /// The same, with its services logging by this filter.
    pub(crate) async fn start_on_chain_with(filter: &'static str) -> Self {
        Self::launch(Some(filter), true, &[], &[]).await
    }

    /// Any stack, whose API has these flags and this environment.
    pub(crate) async fn launch(
        filter: Option<&'static str>,
        on_chain: bool,
        flags: &[&str],
        env: &[(&str, &str)],
    ) -> Self {
        let dir = tempfile::Builder::new().prefix("veilpass-it-").tempdir().unwrap();
        // The database server runs as another user when we are root.
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let postgres = PostgresServer::start(&dir.path().join("postgres")).await.unwrap();
        postgres.recreate_database(DATABASE).await.unwrap();
        let url = postgres.url(DATABASE);
        let store = Store::connect_lazy(&url, &StoreConfig::default()).unwrap();
        store.migrate().await.unwrap();
        let registry = RegistryId::new(FieldElement::from_u64(1));
        let mut chain = match on_chain {
            true => Some(ChainParts::start(dir.path(), &store, registry).await),
            false => {
                create_registry(&store, registry, "main").await;
                None
            }
        };
        store.enrol(registry, &holders::enrolments(&Pepper::new([3; 32]), 0, 12)).await.unwrap();
        match &mut chain {
            Some(chain) => {
                chain.start_services(&url);
                wait_for_roots(&store, registry, PATIENCE, || Ok(())).await.unwrap();
            }
            None => drop(publish(&store, registry).await.unwrap()),
        }

        let log = dir.path().join("api.log");
        // Where there is a chain, tokens of it can be enrolled.
        let rpc_url = chain.as_ref().map(|chain| chain.rpc_url.clone());
        let enrolling = rpc_url.as_deref().map(|url| [("VEILPASS_MASTER_KEY", MASTER_KEY), ("VEILPASS_RPC_URLS", url)]);
        let env = [enrolling.as_ref().map_or(&[][..], |env| env), env].concat();
        let env = [&BASE_ENV[..], &env].concat();
        // Who has a master key may have other APIs beside, which share by Redis.
        let has = |wanted: &str| env.iter().any(|(name, _)| *name == wanted);
        let redis = match has("VEILPASS_MASTER_KEY") && !has("REDIS_URL") {
            true => Some(RedisServer::start(&dir.path().join("redis")).await.unwrap()),
            false => None,
        };
        let redis_url = redis.as_ref().map(RedisServer::url);
        let options = ApiOptions {
            redis_url: redis_url.as_deref(),
            database_url: &url,
            audience: AUDIENCE,
            port: 0,
            log: &log,
            filter,
            flags,
            env: &env,
        };
        let (api, base) = start_api(&options).await.unwrap();
        let client = Client::new(&base).unwrap();
        let prover = start_a_prover(dir.path(), &url, filter);
        let key = client.wait_for_prover_key(PATIENCE).await.unwrap();
        let epoch = client.epoch(registry).await.unwrap();
        let pool = PgPool::connect(&url).await.unwrap();
        Self {
            dir,
            postgres,
            redis,
            api: Some(api),
            prover: Some(prover),
            store,
            pool,
            client,
            key,
            registry,
            epoch,
            filter,
            chain,
        }
    }

    /// Another API in the place of this one, with these flags: two could not share the database without Redis.
    pub(crate) async fn replace_api(&mut self, flags: &[&str]) {
        if let Some(api) = self.api.take() {
            api.stop(Signal::SIGTERM, PATIENCE).await;
        }
        self.start_api(flags, &[]).await;
    }

    /// Another API in place of the first, on a chain behind these RPC endpoints.
    pub(crate) async fn restart_api(&mut self, rpc_urls: &str, env: &[(&str, &str)]) {
        if let Some(api) = self.api.take() {
            api.kill().await;
        }
        let enrolling = [("VEILPASS_MASTER_KEY", MASTER_KEY), ("VEILPASS_RPC_URLS", rpc_urls)];
        self.start_api(&[], &[&BASE_ENV[..], &enrolling, env].concat()).await;
    }

    async fn start_api(&mut self, flags: &[&str], env: &[(&str, &str)]) {
        let options = ApiOptions {
            redis_url: None,
            database_url: &self.postgres.url(DATABASE),
            audience: AUDIENCE,
            port: 0,
            log: &self.dir.path().join("api.log"),
            filter: self.filter,
            flags,
            env,
        };
        let (api, base) = start_api(&options).await.unwrap();
        (self.api, self.client) = (Some(api), Client::new(&base).unwrap());
    }

    /// Another prover with the same key.
    pub(crate) fn start_prover(&self) -> ServiceProcess {
        start_a_prover(self.dir.path(), &self.postgres.url(DATABASE), self.filter)
    }

    /// The chain's side, of a stack that has one.
    pub(crate) fn chain(&mut self) -> &mut ChainParts {
        self.chain.as_mut().unwrap()
    }

    /// What an audit of a registry finds.
    pub(crate) async fn audit(&self, registry: &Registry) -> Audit {
        let chain = self.chain.as_ref().map(|chain| &chain.rpc);
        audit(&self.store, chain, registry).await.unwrap()
    }

    /// Waits until a root with all changes so far counts.
    pub(crate) async fn published(&self) -> u64 {
        wait_for_roots(&self.store, self.registry, PATIENCE, || Ok(())).await.unwrap().seq
    }

    pub(crate) fn session(&self, number: u64) -> ContextPreimage {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        holders::session(number, now / 3600 * 3600 + 7200)
    }

    pub(crate) async fn attempt(&self, holder: u64) -> JobEnd {
        let holder_of = Holder::new(holder);
        let statement = holder_of.statement(self.registry, self.epoch, &self.session(holder));
        self.client.prove(&self.key, &statement, &holder_of.witness(holder as u32)).await.unwrap()
    }

    pub(crate) async fn prove(&self, holder: u64) -> DelegatedProof {
        match self.attempt(holder).await {
            JobEnd::Proved(proof) => *proof,
            JobEnd::Failed(code) => panic!("holder {holder}: {code}"),
        }
    }

    /// Rows that a request may have written: jobs, nullifiers, verifications.
    pub(crate) async fn rows(&self) -> (i64, i64, i64) {
        sqlx::query_as(
            "SELECT (SELECT count(*) FROM proof_jobs), (SELECT count(*) FROM nullifiers),
                    (SELECT count(*) FROM verifications)",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }
}

pub(crate) async fn create_registry(store: &Store, id: RegistryId, slug: &str) {
    let new = NewRegistry {
        id,
        slug: slug.to_owned(),
        program_id: holders::program_id(),
        cluster: CLUSTER.to_owned(),
        epochs: EpochPolicy { length_seconds: 30 * 86_400, grace_seconds: 60 },
        root_lifetime_seconds: 86_400,
        anchored: false,
    };
    store.create_registry(&new).await.unwrap();
    for track in TRACKS {
        store.create_track(id, track).await.unwrap();
    }
}

fn start_a_prover(dir: &Path, database_url: &str, filter: Option<&str>) -> ServiceProcess {
    let log: PathBuf = dir.join("prover.log");
    let options = ProverOptions {
        database_url,
        key_file: dir.join("prover.key"),
        snapshot_dir: dir.join("snapshots"),
        lease_seconds: 2,
        drain_seconds: 1,
        log: &log,
        filter,
        bb: None,
        // One, so that a test knows which bb has the job.
        flags: &["--workers", "1", "--ops-listen", "127.0.0.1:0"],
    };
    start_prover(&options).unwrap()
}
