//! A fleet of its own for each measurement: Postgres, API and one prover, which have nothing behind them yet.

use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use nix::sys::signal::Signal;
use tempfile::TempDir;
use veilpass_protocol::{EpochPolicy, FieldElement, Pepper, RegistryId};
use veilpass_store::{NewRegistry, Store, StoreConfig};

use super::crowd::Crowd;
use crate::{
    client::Client,
    holders::{self, AUDIENCE, CLUSTER, TRACKS},
    publish::publish,
    stack::{ApiOptions, PostgresServer, ProverOptions, ServiceProcess, open_to_server, start_api, start_prover},
};

const DATABASE: &str = "veilpass";
/// Enrolled listeners. They prove in turn, each time for another session.
pub(super) const HOLDERS: u64 = 1_000;
const START_TIMEOUT: Duration = Duration::from_secs(120);
const STOP_PATIENCE: Duration = Duration::from_secs(35);

/// A running fleet and its listeners.
pub(super) struct FleetStack {
    postgres: PostgresServer,
    store: Store,
    api: ServiceProcess,
    prover: ServiceProcess,
    /// The enrolled listeners.
    pub(super) crowd: Crowd,
    dir: TempDir,
}

impl FleetStack {
    /// Starts one whose services get these flags too. Returns once its workers are warm.
    pub(super) async fn start(prover_flags: &[&str], api_flags: &[&str]) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("veilpass-bench-").tempdir()?;
        open_to_server(dir.path())?;
        let postgres = PostgresServer::start(&dir.path().join("postgres")).await?;
        postgres.recreate_database(DATABASE).await?;
        let url = postgres.url(DATABASE);
        let store = Store::connect_lazy(&url, &StoreConfig::default())?;
        store.migrate().await?;
        let registry = create_registry(&store).await?;

        let options = ApiOptions {
            redis_url: None,
            database_url: &url,
            audience: AUDIENCE,
            port: 0,
            log: &dir.path().join("api.log"),
            filter: None,
            flags: api_flags,
            env: &[],
        };
        let (api, base) = start_api(&options).await?;
        let mut prover = start_prover(&ProverOptions {
            database_url: &url,
            key_file: dir.path().join("prover.key"),
            snapshot_dir: dir.path().join("snapshots"),
            lease_seconds: 30,
            drain_seconds: 20,
            log: &dir.path().join("prover.log"),
            filter: None,
            bb: None,
            flags: prover_flags,
        })?;
        let (client, since) = (Client::new(&base)?, Instant::now());
        // A prover that refuses to start says why, at once.
        let key = loop {
            prover.check()?;
            match client.wait_for_prover_key(Duration::from_millis(200)).await {
                Ok(key) => break key,
                Err(error) if since.elapsed() > START_TIMEOUT => return Err(error),
                Err(_) => {}
            }
        };
        let epoch = client.epoch(registry).await?;
        let hour = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 3600;
        let crowd = Crowd::new(base, key, registry, epoch, (hour + 6) * 3600);
        Ok(Self { postgres, store, api, prover, crowd, dir })
    }

    /// The prover's process id. Its children are the workers.
    pub(super) fn prover_pid(&self) -> anyhow::Result<u32> {
        self.prover.pid().context("the prover has ended")
    }

    /// The API's process id.
    pub(super) fn api_pid(&self) -> anyhow::Result<u32> {
        self.api.pid().context("the API has ended")
    }

    /// The file with the prover's log lines.
    pub(super) fn prover_log(&self) -> PathBuf {
        self.dir.path().join("prover.log")
    }

    /// Stops everything, in order. Fails if a service had ended before.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let ended = [self.api.check(), self.prover.check()];
        self.prover.stop(Signal::SIGTERM, STOP_PATIENCE).await;
        self.api.stop(Signal::SIGTERM, STOP_PATIENCE).await;
        self.store.close().await;
        self.postgres.stop().await;
        if let Some(error) = ended.into_iter().find_map(Result::err) {
            bail!("a service did not live through the measurement: {error:#}");
        }
        Ok(())
    }
}

/// A registry of this database alone, with its holders enrolled and its root published.
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
    let enrolments = tokio::task::block_in_place(|| holders::enrolments(&Pepper::new([5; 32]), 0, HOLDERS));
    store.enrol(id, &enrolments).await?;
    publish(store, id).await?;
    Ok(id)
}
