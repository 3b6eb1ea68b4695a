//! The service around [`crate::prove`]: workers that lease jobs, heartbeats, the announced key, and stopping.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use veilpass_protocol::ProverKeyId;
use veilpass_store::{LeasedJob, Store, StoreConfig, StoreError};

use crate::{
    config::Config,
    engine::{EngineConfig, ProvingEngine},
    history,
    key_file::load_or_create_key,
    prove::{AttemptError, Shared, prove},
    solver::Solver,
    trees::RegistryTrees,
};

/// How often an idle worker looks for a job.
const POLL: Duration = Duration::from_millis(50);
/// How long a worker waits after the database or `bb` failed.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How long clients may seal to our key after we last said that we live, and how often we say so.
const KEY_LIFETIME: Duration = Duration::from_secs(60);
const KEY_REFRESH: Duration = Duration::from_secs(10);
/// How long a stopping prover waits for its workers to give their jobs back.
const GIVE_BACK: Duration = Duration::from_secs(5);

/// Runs until SIGTERM or SIGINT. Fails at start, with what to do about it, when `bb`, the circuit or the key is wrong.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let key = load_or_create_key(&config.key_file)?;
    let public_key = key.public_key().to_bytes();
    let solver = Solver::new()?;
    let engine_config = EngineConfig::locate(config.bb.clone(), Duration::from_secs(config.proof_timeout_seconds))?;
    if !engine_config.crs.is_present() {
        tracing::warn!(dir = %engine_config.crs.dir().display(), "no reference string on this machine: bb will download it");
    }
    // Before anything else: a bb that derives another verification key must not touch a job.
    let first_engine = start_engine(&engine_config, &solver).await?;
    tracing::info!(
        bb = %engine_config.bb.path().display(),
        bb_version = veilpass_circuit::BB_VERSION,
        vk_hash = veilpass_circuit::verification_key_hash(),
        circuit_sha256 = veilpass_circuit::artifact_sha256(),
        crs = %engine_config.crs.dir().display(),
        "bb derives the pinned verification key"
    );
    if let Some(dir) = &config.snapshot_dir {
        std::fs::create_dir_all(dir).with_context(|| format!("the snapshot folder {}", dir.display()))?;
    }

    let store_config = StoreConfig { application_name: "veilpass-prover", ..StoreConfig::default() };
    let store = Store::connect_lazy(&config.database_url, &store_config)?;
    let trees = RegistryTrees::new(
        store.clone(),
        format!("{}-{}", hostname(), std::process::id()),
        config.snapshot_dir.clone(),
    );
    let shared = Arc::new(Shared { key, solver, trees });
    let (stop, drain) = (CancellationToken::new(), Duration::from_secs(config.drain_seconds));
    let tasks = TaskTracker::new();

    tasks.spawn(keep_house(store.clone(), Arc::clone(&shared), public_key, stop.clone()));
    let retention = Duration::from_secs(config.job_retention_seconds);
    tasks.spawn(history::keep_history(store.clone(), retention, stop.clone()));
    let mut engine = Some(first_engine);
    for number in 0..config.workers.get() {
        let worker = Worker {
            name: format!("{}-{}-{number}", hostname(), std::process::id()),
            store: store.clone(),
            shared: Arc::clone(&shared),
            engine_config: engine_config.clone(),
            key_id: ProverKeyId::of_public_key(&public_key),
            lease: Duration::from_secs(config.lease_seconds),
            drain,
            stop: stop.clone(),
        };
        tasks.spawn(worker.run(engine.take()));
    }
    tasks.close();

    veilpass_telemetry::shutdown_signal().await;
    stop.cancel();
    if tokio::time::timeout(drain + GIVE_BACK, tasks.wait()).await.is_err() {
        tracing::warn!("proofs in flight did not end in time; their leases will expire");
    }
    shared.trees.save_all().await;
    store.close().await;
    Ok(())
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "prover".into(), |name| name.trim().to_owned())
}

async fn start_engine(config: &EngineConfig, solver: &Solver) -> anyhow::Result<ProvingEngine> {
    let (config, bytecode) = (config.clone(), solver.bytecode().to_vec());
    Ok(tokio::task::spawn_blocking(move || ProvingEngine::start(&config, &bytecode)).await??)
}

/// What has to be done from time to time, whoever does it: announce the key (after the trees are warm, so that the first
/// job finds them so), and requeue jobs of provers that died.
async fn keep_house(store: Store, shared: Arc<Shared>, public_key: [u8; 32], stop: CancellationToken) {
    let mut announce = interval(KEY_REFRESH);
    let mut sweep = interval(Duration::from_secs(1));
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    announce.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let outcome = tokio::select! {
            () = stop.cancelled() => return,
            _ = announce.tick() => match shared.trees.warm_up().await {
                Ok(()) => store.announce_prover_key(&public_key, KEY_LIFETIME).await,
                Err(error) => {
                    tracing::error!(%error, "the trees are not at their published roots");
                    announce.reset_after(BACK_OFF);
                    Ok(())
                }
            },
            _ = sweep.tick() => store.requeue_expired_jobs().await.map(|(requeued, failed)| {
                if requeued + failed > 0 {
                    tracing::warn!(requeued, failed, "leases of dead workers expired");
                }
            }),
        };
        if let Err(error) = outcome {
            tracing::warn!(error = error_chain(&error), "housekeeping failed");
            announce.reset_after(BACK_OFF);
            sweep.reset_after(BACK_OFF);
        }
    }
}

struct Worker {
    name: String,
    store: Store,
    shared: Arc<Shared>,
    engine_config: EngineConfig,
    key_id: ProverKeyId,
    lease: Duration,
    drain: Duration,
    stop: CancellationToken,
}

impl Worker {
    async fn run(self, mut engine: Option<ProvingEngine>) {
        while !self.stop.is_cancelled() {
            let ready = match engine.take() {
                Some(ready) => ready,
                None => match start_engine(&self.engine_config, &self.shared.solver).await {
                    Ok(started) => started,
                    Err(error) => {
                        tracing::error!(error = format!("{error:#}"), "bb does not start");
                        self.pause(BACK_OFF).await;
                        continue;
                    }
                },
            };
            match self.store.lease_job(self.key_id, &self.name, self.lease).await {
                Ok(Some(job)) => engine = self.work(ready, job).await,
                Ok(None) => {
                    engine = Some(ready);
                    self.pause(POLL).await;
                }
                Err(error) => {
                    engine = Some(ready);
                    tracing::warn!(error = error_chain(&error), "cannot lease a job");
                    self.pause(BACK_OFF).await;
                }
            }
        }
    }

    async fn pause(&self, duration: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = sleep(duration) => {}
        }
    }

    /// Proves while the heart beats, then ends the job. Gives the engine back unless it failed.
    async fn work(&self, engine: ProvingEngine, job: LeasedJob) -> Option<ProvingEngine> {
        let pid = engine.pid();
        tracing::info!(job = %job.id, attempt = job.attempts, pid, "leased");
        let (engine, outcome) = {
            let proving = prove(&self.shared, engine, &job);
            let drained = self.drained();
            tokio::pin!(proving, drained);
            loop {
                tokio::select! {
                    outcome = &mut proving => break outcome,
                    () = &mut drained => {
                        self.give_back(&job, pid).await;
                        return None;
                    }
                    () = sleep(self.lease / 3) => self.beat(&job).await,
                }
            }
        };
        let ended = match outcome {
            Ok(proved) => self.store.complete_job(job.id, job.lease_id, proved.root_seq, proved.proof.as_bytes()).await,
            Err(AttemptError::Refused(failure)) => {
                tracing::info!(job = %job.id, failure = failure.code(), "refused");
                self.store.fail_job(job.id, job.lease_id, failure).await
            }
            Err(error) => {
                tracing::error!(job = %job.id, attempt = job.attempts, %error, "the attempt failed");
                self.store.retry_job(job.id, job.lease_id, error.reason()).await
            }
        };
        match ended {
            Ok(true) => {}
            Ok(false) => tracing::warn!(job = %job.id, "the lease was lost; another worker has the job"),
            // The lease expires and the job is tried again: nothing is lost but the work.
            Err(error) => tracing::warn!(job = %job.id, error = error_chain(&error), "cannot end the job"),
        }
        engine
    }

    /// Completes when a stopping prover has waited long enough.
    async fn drained(&self) {
        self.stop.cancelled().await;
        sleep(self.drain).await;
    }

    /// Puts a job back whose proof will not be ready before this prover must stop, and ends its worker.
    async fn give_back(&self, job: &LeasedJob, worker_pid: u32) {
        // The worker leads a process group of its own, and may hang: it would outlive us.
        let _ = killpg(Pid::from_raw(worker_pid.cast_signed()), Signal::SIGKILL);
        match self.store.release_job(job.id, job.lease_id).await {
            Ok(released) => tracing::warn!(job = %job.id, released, "gave the job back"),
            Err(error) => tracing::warn!(job = %job.id, error = error_chain(&error), "cannot give the job back"),
        }
    }

    async fn beat(&self, job: &LeasedJob) {
        match self.store.heartbeat(job.id, job.lease_id, self.lease).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(job = %job.id, "the lease is lost"),
            Err(error) => tracing::warn!(job = %job.id, error = error_chain(&error), "no heartbeat"),
        }
    }
}

fn error_chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
