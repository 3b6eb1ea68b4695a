//! The service around [`Relayer`]: workers, housekeeping, and stopping.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use veilpass_chain::{Format, SigningKey};
use veilpass_store::{Reporting, ServiceInstance, Store, StoreConfig};
use veilpass_telemetry::{OpsServer, describe_rpc};
use zeroize::Zeroizing;

use crate::{
    config::{Config, UploadFormat},
    figures,
    options::RelayerOptions,
    relayer::Relayer,
    root_batches::{BatchOptions, RootBatches},
    rpc_pool::RpcPool,
};

/// The environment variable that may hold the fee payer's key.
const KEY_VARIABLE: &str = "VEILPASS_FEE_PAYER_KEY";
/// How often an idle worker looks for an intent.
const POLL: Duration = Duration::from_millis(100);
/// How long a worker waits after the database failed.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How often the balance is looked at.
const BALANCE: Duration = Duration::from_secs(30);
/// How often it is looked at what waits for the chain.
const FIGURES: Duration = Duration::from_secs(5);
/// How long a stopping relayer lets its workers see their transactions land. What they leave is taken up by the next.
const DRAIN: Duration = Duration::from_secs(20);

/// Runs until SIGTERM or SIGINT. Fails at start, with what to do about it, when the key is not usable.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let fee_payer = match (&config.fee_payer_file, std::env::var(KEY_VARIABLE)) {
        (Some(file), _) => SigningKey::read(file)?,
        (None, Ok(text)) => SigningKey::from_text(&Zeroizing::new(text), KEY_VARIABLE)?,
        (None, Err(_)) => anyhow::bail!("no fee payer: give --fee-payer-file, or the key in {KEY_VARIABLE}"),
    };
    tracing::info!(fee_payer = %fee_payer.address(), endpoints = config.rpc_urls.len(), "the relayer starts");
    let store_config = StoreConfig { application_name: "veilpass-relayer", ..StoreConfig::default() };
    let store = Store::connect_lazy(&config.database_url, &store_config).context("the database")?;
    let pool = RpcPool::new(&config.rpc_urls, Duration::from_millis(config.rpc_timeout_ms));
    let options = RelayerOptions {
        lease: Duration::from_secs(config.lease_seconds),
        poll: Duration::from_millis(config.poll_ms),
        max_price_micro_lamports: config.max_price_micro_lamports,
        daily_limit_lamports: config.daily_limit_lamports,
        low_balance_lamports: config.low_balance_lamports,
        upload_format: match config.upload_format {
            UploadFormat::Auto => None,
            UploadFormat::Legacy => Some(Format::Legacy),
            UploadFormat::V1 => Some(Format::V1),
        },
        ..RelayerOptions::default()
    };
    let this = ServiceInstance::of_this_process("relayer");
    let ops = match config.ops_listen {
        Some(address) => Some(start_ops(address, &store, &this, &options, config.rpc_urls.len()).await?),
        None => None,
    };
    let relayer = Arc::new(Relayer::new(store.clone(), pool, fee_payer, options, this.instance));

    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    for _ in 0..config.workers.get() {
        tasks.spawn(work(Arc::clone(&relayer), stop.clone()));
    }
    let reclaim = (config.reclaim_seconds > 0).then(|| Duration::from_secs(config.reclaim_seconds));
    let housekeeping = tokio::spawn(keep_house(Arc::clone(&relayer), reclaim));
    if ops.is_some() {
        tasks.spawn(show_figures(store.clone(), stop.clone()));
    }
    let batches = BatchOptions { changes: config.batch_changes, age: Duration::from_millis(config.batch_age_ms) };
    let batches = RootBatches::new(store.clone(), veilpass_chain::PROGRAM_ID.to_string(), batches);
    tasks.spawn(publish_roots(batches, stop.clone()));
    tasks.close();

    veilpass_telemetry::shutdown_signal().await;
    stop.cancel();
    housekeeping.abort();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!("transactions in flight did not land in time; the next relayer takes them up");
    }
    store.close().await;
    Ok(())
}

/// Metrics, and readiness: the database answers.
async fn start_ops(
    address: SocketAddr,
    store: &Store,
    this: &ServiceInstance,
    options: &RelayerOptions,
    endpoints: usize,
) -> anyhow::Result<(OpsServer, Reporting)> {
    let pinged = store.clone();
    let ready = move || {
        let store = pinged.clone();
        async move { store.ping().await.is_ok() }
    };
    let ops = OpsServer::start("relayer", address, ready).await?;
    figures::describe(options);
    describe_rpc(endpoints);
    let metrics = ops.metrics();
    let reporting = store.keep_reporting(this.clone(), move || metrics.render());
    Ok((ops, reporting))
}

/// Says every few seconds what waits for the chain.
async fn show_figures(store: Store, stop: CancellationToken) {
    let program = veilpass_chain::PROGRAM_ID.to_string();
    while !stop.is_cancelled() {
        match store.relay_figures(&program).await {
            Ok(waiting) => figures::waiting(&waiting),
            Err(error) => tracing::warn!(%error, "it is not known what waits for the chain"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(FIGURES) => {}
        }
    }
}

async fn work(relayer: Arc<Relayer>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match relayer.work_once().await {
            Ok(true) => continue,
            Ok(false) => POLL,
            Err(error) => {
                tracing::warn!(%error, "the database does not answer");
                BACK_OFF
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(pause) => {}
        }
    }
}

async fn publish_roots(mut batches: RootBatches, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match batches.look().await {
            Ok(_) => POLL,
            Err(error) => {
                tracing::warn!(%error, "the database does not answer");
                BACK_OFF
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(pause) => {}
        }
    }
    batches.resign().await;
}

async fn keep_house(relayer: Arc<Relayer>, reclaim: Option<Duration>) {
    let balance = async {
        loop {
            if let Err(error) = relayer.check_balance().await {
                tracing::warn!(%error, "the balance is not known");
            }
            sleep(BALANCE).await;
        }
    };
    let rents = async {
        let Some(pause) = reclaim else { return std::future::pending().await };
        loop {
            match relayer.reclaim_nullifiers().await {
                Ok(0) => {}
                Ok(closed) => tracing::info!(closed, "closed nullifiers whose epoch is over"),
                Err(error) => tracing::warn!(%error, "housekeeping failed"),
            }
            sleep(pause).await;
        }
    };
    let ((), ()) = tokio::join!(balance, rents);
}
