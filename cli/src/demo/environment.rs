//! The processes of the demo, and the registry that they serve.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::signal::Signal;
use rand::Rng;
use veilpass_circuit::Bb;
use veilpass_protocol::{Pepper, RegistryId};
use veilpass_sealing::ProverPublicKey;
use veilpass_store::{Store, StoreConfig};
use veilpass_telemetry::process_memory;

use super::{Options, chain::Chain, figures::Figures, ops::OpsAddress, room::Room, secrets::Secrets};
use crate::{
    client::Client,
    holders::{self, TRACKS},
    stack::{DataDirLock, PostgresServer, ServiceProcess, children_of, default_data_dir, ensure_dir},
};

const DATABASE: &str = "veilpass";
const STOP_PATIENCE: Duration = Duration::from_secs(35);
/// Enrolments written in one transaction.
const BATCH: u64 = 10_000;

/// Everything that runs.
pub(super) struct Environment {
    _lock: DataDirLock,
    postgres: Option<PostgresServer>,
    pub(super) api: Option<ServiceProcess>,
    /// The listening room, if its pages are built.
    pub(super) room: Option<Room>,
    /// What operators open.
    pub(super) ops: Option<OpsAddress>,
    pub(super) prover: Option<ServiceProcess>,
    pub(super) chain: Option<Chain>,
    /// The operator's way to the database.
    pub(super) store: Option<Store>,
    pub(super) client: Option<Client>,
    pub(super) prover_key: Option<ProverPublicKey>,
    pub(super) url: String,
    /// Of the services.
    pub(super) key_files: Vec<PathBuf>,
    pub(super) log_dir: PathBuf,
    /// The demo's registry.
    pub(super) registry: RegistryId,
}

impl Environment {
    /// Starts everything, step by step, into `slot`: what has been started by then is stopped from there.
    pub(super) async fn start(options: &Options, figures: &mut Figures, slot: &mut Option<Self>) -> anyhow::Result<()> {
        // What would stop a service later is said now.
        Bb::locate(options.bb.as_deref())?;
        let dir = options.data.clone().unwrap_or_else(default_data_dir);
        ensure_dir(&dir)?;
        let dir = dir.canonicalize()?;
        let log_dir = dir.join("logs");
        ensure_dir(&log_dir)?;
        let registry = RegistryId::from_account(&rand::rng().random());
        println!("Veilpass demo: {} holders of {} tracks, data in {}", options.leaves, TRACKS.len(), dir.display());
        let this = slot.insert(Self {
            _lock: DataDirLock::acquire(&dir)?,
            postgres: None,
            api: None,
            room: None,
            ops: None,
            prover: None,
            chain: None,
            store: None,
            client: None,
            prover_key: None,
            url: String::new(),
            key_files: Vec::new(),
            log_dir,
            registry,
        });

        let database_url = this.database(options, &dir, figures).await?;
        let store = Store::connect_lazy(
            &database_url,
            &StoreConfig { application_name: "veilpass-demo", ..StoreConfig::default() },
        )?;
        this.store = Some(store.clone());
        let since = Instant::now();
        store.migrate().await?;
        figures.step("migrate", since, "");
        this.chain = Some(Chain::start(options, &dir, &this.log_dir, figures).await?);
        this.chain()?.create_registry(&store, registry, figures).await?;
        this.enrol(options.leaves, figures).await?;
        let log_dir = this.log_dir.clone();
        let chain = this.chain.as_mut().context("the chain is not connected")?;
        chain.start_services(&database_url, &log_dir, options.log_filter.as_deref())?;
        chain.wait_for_roots(&store, registry, figures).await?;
        this.start_services(options, &dir, &database_url, figures).await
    }

    async fn database(&mut self, options: &Options, dir: &Path, figures: &mut Figures) -> anyhow::Result<String> {
        if let Some(url) = &options.database_url {
            println!("  using your Postgres; the demo adds a registry and deletes nothing");
            return Ok(url.clone());
        }
        let since = Instant::now();
        let server = self.postgres.insert(PostgresServer::start(&dir.join("postgres")).await?);
        server.recreate_database(DATABASE).await?;
        figures.step("private Postgres", since, format!("127.0.0.1:{}", server.port()));
        Ok(server.url(DATABASE))
    }

    async fn enrol(&self, leaves: u64, figures: &mut Figures) -> anyhow::Result<()> {
        let (store, registry) = (self.store()?, self.registry);
        let since = Instant::now();
        // The demo's wallets are made up, and so is their pepper; it is not stored.
        let pepper = Pepper::new(rand::rng().random());
        let style = ProgressStyle::with_template("  enrolling {bar:40} {human_pos}/{human_len} {per_sec} eta {eta}")?;
        let bar = ProgressBar::new(leaves).with_style(style);
        let mut first = 0;
        while first < leaves {
            let count = BATCH.min(leaves - first);
            let batch = tokio::task::block_in_place(|| holders::enrolments(&pepper, first, count));
            store.enrol(registry, &batch).await?;
            first += count;
            bar.set_position(first);
        }
        store.enrol(registry, &holders::rare_enrolments(&pepper)).await?;
        bar.finish_and_clear();
        figures.step(
            "enrol the holders",
            since,
            format!("{:.0} a second", leaves as f64 / since.elapsed().as_secs_f64()),
        );
        Ok(())
    }

    /// What operators open; none before the API listens.
    pub(super) fn ops(&self) -> Option<&OpsAddress> {
        self.ops.as_ref()
    }

    /// Where the listening room is; none if its pages are not built.
    pub(super) fn room_url(&self) -> Option<&str> {
        self.room.as_ref().map(Room::url)
    }

    /// Notes what the services themselves must keep to themselves.
    pub(super) fn note_secrets(&self, secrets: &Secrets) -> anyhow::Result<()> {
        let fee_payer = self.chain()?.fee_payer_file().to_owned();
        for file in self.key_files.iter().chain([&fee_payer]) {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            secrets.add_text("a key file", text.trim());
        }
        if let Some(server) = &self.postgres {
            let url = server.url(DATABASE);
            let password = url.split(['@']).next().and_then(|left| left.rsplit(':').next()).unwrap_or_default();
            secrets.add_text("the database's password", password);
        }
        Ok(())
    }

    pub(super) fn store(&self) -> anyhow::Result<&Store> {
        self.store.as_ref().context("the database is not connected")
    }

    pub(super) fn chain(&self) -> anyhow::Result<&Chain> {
        self.chain.as_ref().context("the chain is not connected")
    }

    pub(super) fn client(&self) -> anyhow::Result<&Client> {
        self.client.as_ref().context("the API is not running")
    }

    pub(super) fn prover_key(&self) -> anyhow::Result<&ProverPublicKey> {
        self.prover_key.as_ref().context("the prover is not running")
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn log_dir(&self) -> &Path {
        &self.log_dir
    }

    /// Notes the memory of the services and of bb.
    pub(super) fn measure_memory(&self, figures: &mut Figures) -> anyhow::Result<()> {
        let api = self.api.as_ref().and_then(ServiceProcess::pid).context("the API has ended")?;
        let prover = self.prover.as_ref().and_then(ServiceProcess::pid).context("the prover has ended")?;
        let bb = *children_of(prover).first().context("the prover has no bb worker")?;
        let (relayer, indexer) = self.chain()?.pids()?;
        for (name, pid) in [("api", api), ("prover", prover), ("bb", bb), ("relayer", relayer), ("indexer", indexer)] {
            let memory = process_memory(pid).with_context(|| format!("{name} has ended"))?;
            figures.memory(name, memory.resident_mb(), memory.peak_mb());
        }
        Ok(())
    }

    /// Runs until a service ends by itself, which is an error.
    pub(super) async fn watch(&mut self) -> anyhow::Result<()> {
        loop {
            for process in [&mut self.api, &mut self.prover].into_iter().flatten() {
                process.check()?;
            }
            if let Some(chain) = &mut self.chain {
                chain.check()?;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Stops everything, in order: no new requests, no new proofs, nothing more for the chain, then the database.
    pub(super) async fn stop(self) {
        for process in [self.api, self.prover].into_iter().flatten() {
            process.stop(Signal::SIGTERM, STOP_PATIENCE).await;
        }
        if let Some(chain) = self.chain {
            chain.stop(STOP_PATIENCE).await;
        }
        if let Some(store) = self.store {
            store.close().await;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}

/// An empty log file.
pub(super) fn fresh_log(dir: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let path = dir.join(name);
    std::fs::write(&path, "").with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
