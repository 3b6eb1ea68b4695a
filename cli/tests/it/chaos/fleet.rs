//! Postgres, the API and two provers of one registry.

use std::{
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use nix::sys::signal::Signal;
use sqlx::PgPool;
use veilpass_cli::{
    client::Client,
    holders::{self, AUDIENCE},
    publish::publish,
    stack::{ApiOptions, PostgresServer, ServiceProcess, start_api},
};
use veilpass_protocol::{FieldElement, Pepper, RegistryId};
use veilpass_store::{PublishedRoot, Store, StoreConfig};
use veilpass_telemetry::process_memory;

use super::{
    PATIENCE,
    requests::{HOLDERS, Parties},
};
use crate::{
    faulty_prover::FaultyProver,
    journal::Journal,
    stack::{DATABASE, create_registry},
};

pub(super) struct Fleet {
    /// `None` once it was stopped.
    api: Option<ServiceProcess>,
    postgres: Option<PostgresServer>,
    pub(super) provers: [FaultyProver; 2],
    pub(super) pool: PgPool,
    pub(super) root: PublishedRoot,
    parties: Parties,
    pub(super) dir: tempfile::TempDir,
}

impl Fleet {
    pub(super) async fn start(seed: u64) -> Self {
        let dir = tempfile::Builder::new().prefix("veilpass-chaos-").tempdir().unwrap();
        // The database server runs as another user when we are root.
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let postgres = PostgresServer::start(&dir.path().join("postgres")).await.unwrap();
        postgres.recreate_database(DATABASE).await.unwrap();
        let url = postgres.url(DATABASE);
        let store = Store::connect_lazy(&url, &StoreConfig::default()).unwrap();
        store.migrate().await.unwrap();
        let registry = RegistryId::new(FieldElement::from_u64(1));
        create_registry(&store, registry, "main").await;
        store.enrol(registry, &holders::enrolments(&Pepper::new([3; 32]), 0, HOLDERS)).await.unwrap();
        let root = publish(&store, registry).await.unwrap();
        store.close().await;

        let log = dir.path().join("api.log");
        let options = ApiOptions {
            redis_url: None,
            database_url: &url,
            audience: AUDIENCE,
            port: 0,
            log: &log,
            filter: None,
            flags: &[],
            env: &[],
        };
        let (api, base) = start_api(&options).await.unwrap();
        let client = Client::new(&base).unwrap();
        let flags = ["--workers", "2"].map(str::to_owned);
        let mut provers = [0, 1].map(|number| FaultyProver::new(dir.path(), number, &url, seed, &flags));
        provers.iter_mut().for_each(FaultyProver::start);
        let key = client.wait_for_prover_key(PATIENCE).await.unwrap();
        let epoch = client.epoch(registry).await.unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let parties = Parties { client, base, http, key, registry, epoch, expires_at: now + 7200 };
        let pool = PgPool::connect(&url).await.unwrap();
        Self { api: Some(api), postgres: Some(postgres), provers, pool, root, parties, dir }
    }

    pub(super) fn parties(&self) -> &Parties {
        &self.parties
    }

    /// What no fault may do: end the API, or keep a prover from stopping.
    pub(super) fn supervise(&mut self, journal: &Journal) {
        if let Some(api) = &mut self.api {
            api.check().unwrap();
        }
        self.provers.iter_mut().for_each(|prover| prover.supervise(journal));
    }

    /// Waits a moment for a prover to have a job. No longer, whatever the database does: only who waits here would start it again.
    pub(super) async fn has_leased(&self, number: usize) {
        let worker = format!("%-{}-%", self.provers[number].pid().unwrap_or_default());
        let leased = async {
            loop {
                let has: Result<bool, _> = sqlx::query_scalar(
                    "SELECT EXISTS (SELECT 1 FROM proof_jobs WHERE state = 'leased' AND leased_by LIKE $1)",
                )
                .bind(&worker)
                .fetch_one(&self.pool)
                .await;
                if has.unwrap_or(false) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), leased).await;
    }

    pub(super) async fn kill_postgres(&mut self) {
        self.postgres.as_mut().unwrap().kill().await;
    }

    pub(super) async fn launch_postgres(&mut self) {
        let since = Instant::now();
        // Backends that outlive the server for a moment hold its shared memory, and it refuses to start.
        while let Err(error) = self.postgres.as_mut().unwrap().launch().await {
            assert!(since.elapsed() < PATIENCE, "{error:#}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Most memory that the API, which never ended, ever had resident, in MB.
    pub(super) fn api_peak_mb(&self) -> f64 {
        process_memory(self.api.as_ref().and_then(ServiceProcess::pid).unwrap()).unwrap().peak_mb()
    }

    /// Stops everything, in order.
    pub(super) async fn stop(&mut self, journal: &Journal) {
        self.provers.iter_mut().for_each(|prover| prover.end(Signal::SIGTERM));
        while !self.provers.iter().all(FaultyProver::is_down) {
            self.supervise(journal);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.pool.close().await;
        self.api.take().unwrap().stop(Signal::SIGTERM, PATIENCE).await;
        self.postgres.take().unwrap().stop().await;
    }
}
