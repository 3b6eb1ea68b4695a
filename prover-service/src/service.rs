//! Starting the prover, and stopping it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use veilpass_shared_state::{RedisUrl, SharedState};
use veilpass_store::{Reporting, ServiceInstance, Store, StoreConfig};
use veilpass_telemetry::{MemoryThresholds, MemoryWatcher, OpsServer, error_chain};

use crate::{
    config::Config,
    engine::{EngineConfig, MemoryLimit},
    history::keep_history,
    housekeeping::keep_house,
    jobs::{JobContext, serve_slot},
    key_ring::KeyRing,
    key_rotation::rotate_key,
    machine::MachineMemory,
    memory_gate::watch_memory,
    pool::{Pool, ReplacementPolicy},
    prove::Shared,
    reports::report,
    sizing::{Sizing, TooManyWorkers},
    solver::Solver,
    stages::Stages,
    trees::{self, RegistryTrees},
};

/// How long a stopping prover waits for its jobs to be given back.
const GIVE_BACK: Duration = Duration::from_secs(5);
/// A prover that was told to stop has ended after its drain time and this, whatever hangs.
const FORCED_AFTER: Duration = Duration::from_secs(10);

/// Runs until SIGTERM or SIGINT. Fails at start, with what to do about it, when `bb`, the circuit, the key or the sizes are
/// wrong.
pub async fn run(config: Config) -> anyhow::Result<()> {
    if config.rotate_key {
        let (id, retires_at) = rotate_key(&config.key_file, Duration::from_secs(config.key_overlap_seconds))?;
        println!("the key is now {id}; the one before retires at {retires_at} (Unix seconds)");
        return Ok(());
    }
    let keys = Arc::new(KeyRing::load(&config.key_file)?);
    let solver = Solver::new()?;
    // Before anything else: a bb that derives another verification key must not touch a job.
    let sizing = size(&config)?;
    let pool = Arc::new(start_pool(&config, sizing, &solver).await?);
    if let Some(dir) = &config.snapshot_dir {
        std::fs::create_dir_all(dir).with_context(|| format!("the snapshot folder {}", dir.display()))?;
    }

    let store_config = StoreConfig { application_name: "veilpass-prover", ..StoreConfig::default() };
    let store = Store::connect_lazy(&config.database_url, &store_config)?;
    let this = ServiceInstance::of_this_process("prover");
    let prover = this.instance.clone();
    let trees = RegistryTrees::new(store.clone(), prover.clone(), config.snapshot_dir.clone(), sizing.trees);
    let (stop, tasks, in_flight) = (CancellationToken::new(), TaskTracker::new(), TaskTracker::new());
    let redis_url = RedisUrl::of_setting(config.redis_url.as_ref()).context("--redis-url")?;
    let redis = SharedState::connect(redis_url.as_ref()).await?;
    let stages = Stages::start(redis, store.clone(), &tasks, stop.clone());
    let shared = Arc::new(Shared { solver, trees, stages });
    let (gate_sender, gate) = watch::channel(true);

    tasks.spawn(keep_house(store.clone(), Arc::clone(&shared), Arc::clone(&keys), stop.clone()));
    let watcher = MemoryWatcher::new(memory_thresholds(&config, sizing)?);
    let retention = Duration::from_secs(config.job_retention_seconds);
    tasks.spawn(keep_history(store.clone(), retention, stop.clone()));
    tasks.spawn(watch_memory(gate_sender, config.worker_memory_mb * 1_000_000, watcher.level(), stop.clone()));
    let _memory = watcher.start();
    let _ops = match config.ops_listen {
        Some(address) => Some(start_ops(address, Arc::clone(&pool), gate.clone(), &store, this).await?),
        None => None,
    };
    tasks.spawn(replace_on_hangup(Arc::clone(&pool), Arc::clone(&keys), stop.clone()));
    let drain = Duration::from_secs(config.drain_seconds);
    let context = Arc::new(JobContext {
        store: store.clone(),
        shared: Arc::clone(&shared),
        keys,
        prover,
        lease: Duration::from_secs(config.lease_seconds),
        drain,
        stop: stop.clone(),
        gate,
        signals: store.job_signals(),
        in_flight: in_flight.clone(),
    });
    tasks.spawn(report(Arc::clone(&context), Arc::clone(&pool)));
    for (number, slot) in pool.slots().enumerate() {
        tasks.spawn(serve_slot(Arc::clone(&context), slot, number));
    }
    tasks.close();

    veilpass_telemetry::shutdown_signal().await;
    force_the_end(Arc::clone(&pool), drain + FORCED_AFTER);
    stop.cancel();
    let ended = async {
        // In this order: a slot may begin a job until it has ended.
        tasks.wait().await;
        in_flight.close();
        in_flight.wait().await;
    };
    let withdrawn = store.withdraw_prover(&context.prover).await;
    if let Err(error) = withdrawn {
        tracing::warn!(error = error_chain(&error), "the estimates count on this prover for some seconds more");
    }
    if tokio::time::timeout(drain + GIVE_BACK, ended).await.is_err() {
        tracing::warn!("proofs in flight did not end in time; their leases will expire");
    }
    pool.close().await;
    pool.kill_all();
    let _ = tokio::task::spawn_blocking(move || pool.clear_limits()).await;
    shared.trees.save_all().await;
    store.close().await;
    Ok(())
}

fn size(config: &Config) -> Result<Sizing, TooManyWorkers> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let total = MachineMemory::read().map_or(u64::MAX, |memory| memory.total);
    let bytes = |mb: u64| mb * 1_000_000;
    let (budget, trees) = (config.memory_mb.map(bytes), config.tree_memory_mb.map(bytes));
    Sizing::new(config.workers, cores, budget, total, bytes(config.worker_memory_mb), trees)
}

async fn start_pool(config: &Config, sizing: Sizing, solver: &Solver) -> anyhow::Result<Pool> {
    let mut engine = EngineConfig::locate(config.bb.clone(), Duration::from_secs(config.proof_timeout_seconds))?;
    let limit = config.worker_memory_mb * 1_000_000;
    let (memory, why_not) = MemoryLimit::strongest(limit);
    if let Some(why) = why_not {
        tracing::info!(why, "no control groups for workers: their address space is limited instead");
    }
    engine.memory = memory;
    if !engine.crs.is_present() {
        tracing::warn!(dir = %engine.crs.dir().display(), "no reference string on this machine: bb will download it");
    }
    let policy = ReplacementPolicy {
        memory_limit: engine.memory.bytes(),
        max_proofs: config.worker_max_proofs,
        max_age: Duration::from_secs(config.worker_max_age_seconds),
    };
    let (bb, crs, mechanism) = (engine.bb.clone(), engine.crs.clone(), engine.memory.mechanism());
    let pool = Pool::start(engine, policy, sizing.workers, solver).await?;
    tracing::info!(
        bb = %bb.path().display(),
        bb_version = veilpass_circuit::BB_VERSION,
        vk_hash = veilpass_circuit::verification_key_hash(),
        circuit_sha256 = veilpass_circuit::artifact_sha256(),
        crs = %crs.dir().display(),
        "bb derives the pinned verification key and proves"
    );
    tracing::info!(
        workers = sizing.workers,
        worker_limit_mb = config.worker_memory_mb,
        limited_by = mechanism,
        workers_most_mb = config.worker_memory_mb * (sizing.workers as u64 + 1),
        trees_most_mb = sizing.trees / 1_000_000,
        budget_mb = sizing.budget / 1_000_000,
        "the pool is sized"
    );
    Ok(pool)
}

/// Ready means that there is a worker, memory for its proofs, and a database with jobs.
async fn start_ops(
    address: SocketAddr,
    pool: Arc<Pool>,
    gate: watch::Receiver<bool>,
    store: &Store,
    this: ServiceInstance,
) -> anyhow::Result<(OpsServer, Reporting)> {
    let (asked, pinged) = (Arc::clone(&pool), store.clone());
    let ops = OpsServer::start("prover", address, move || {
        let (is_ready, store) = (asked.is_ready() && *gate.borrow(), pinged.clone());
        async move { is_ready && store.ping().await.is_ok() }
    })
    .await?;
    pool.describe_metrics();
    trees::describe_metrics();
    veilpass_shared_state::describe_metrics();
    let metrics = ops.metrics();
    Ok((ops, store.keep_reporting(this, move || metrics.render())))
}

fn memory_thresholds(config: &Config, sizing: Sizing) -> anyhow::Result<MemoryThresholds> {
    let warn = config.memory_warn_mb.unwrap_or(sizing.trees / 1_000_000 + 64);
    MemoryThresholds::from_mb(warn, config.memory_critical_mb.unwrap_or(warn + warn / 4))
}

async fn replace_on_hangup(pool: Arc<Pool>, keys: Arc<KeyRing>, stop: CancellationToken) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = hangups.recv() => {
                tracing::info!("replacing all workers, one after the other");
                pool.replace_all();
                keys.look();
            }
        }
    }
}

/// Ends the process after `patience` even if something hangs, without waiting for any lock or task.
fn force_the_end(pool: Arc<Pool>, patience: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(patience);
        tracing::error!("could not stop in time: ending by force; the leases of open jobs expire");
        pool.kill_all();
        std::process::exit(1);
    });
}
