//! The service around [`Follower`]: when to look, what to do when that fails, and stopping.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;
use veilpass_store::{Reporting, ServiceInstance, Store, StoreConfig};
use veilpass_telemetry::{OpsServer, describe_rpc, error_chain};

use crate::{
    config::Config,
    figures::{self, LastLook},
    follow::Follower,
    hint::hint,
    ledger::Ledger,
};

const FIRST_BACK_OFF: Duration = Duration::from_millis(500);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(15);
/// The least pause between looks: hints that come meanwhile are answered with one.
const GATHER: Duration = Duration::from_millis(50);
/// Looks after a hint before one finds something: a node may hint at what it does not list yet.
const LOOKS_FOR_A_HINT: u32 = 10;
/// Slots behind the chain from which on it is a warning.
const WORRYING_LAG: u64 = 150;

/// Runs until SIGTERM or SIGINT.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let store_config =
        StoreConfig { application_name: "veilpass-indexer", max_connections: 4, ..StoreConfig::default() };
    let store = Store::connect_lazy(&config.database_url, &store_config)?;
    let ledger =
        Ledger::new(config.rpc_url, Duration::from_secs(config.rpc_timeout_seconds), usize::from(config.batch));
    let mut follower = Follower::new(store.clone(), ledger, usize::from(config.requests));
    if let Some(slot) = config.from_slot {
        follower.reindex_from(slot);
    }
    let last_look = LastLook::new();
    let _ops = match config.ops_listen {
        Some(address) => Some(start_ops(address, &store, &last_look).await?),
        None => None,
    };
    let _age = last_look.show();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let following = follow(follower, config.ws_url, Duration::from_millis(config.poll_ms), last_look, stopped);
    let signal = async {
        veilpass_telemetry::shutdown_signal().await;
        stop.cancel();
    };
    tokio::join!(following, signal);
    store.close().await;
    Ok(())
}

/// Metrics, and readiness: the database answers, and the ledger was read lately.
async fn start_ops(
    address: SocketAddr,
    store: &Store,
    last_look: &Arc<LastLook>,
) -> anyhow::Result<(OpsServer, Reporting)> {
    let (pinged, last_look) = (store.clone(), Arc::clone(last_look));
    let ready = move || {
        let (store, is_fresh) = (pinged.clone(), last_look.is_ready());
        async move { is_fresh && store.ping().await.is_ok() }
    };
    let ops = OpsServer::start("indexer", address, ready).await?;
    figures::describe();
    describe_rpc(1);
    let metrics = ops.metrics();
    let reporting = store.keep_reporting(ServiceInstance::of_this_process("indexer"), move || metrics.render());
    Ok((ops, reporting))
}

/// Looks at the ledger whenever something may be new. A look that is interrupted has written whole batches only.
async fn follow(
    mut follower: Follower,
    ws_url: Option<String>,
    poll: Duration,
    last_look: Arc<LastLook>,
    stop: CancellationToken,
) {
    let look = Arc::new(Notify::new());
    let hints = async {
        match ws_url {
            Some(url) => hint(url, Arc::clone(&look)).await,
            None => std::future::pending().await,
        }
    };
    let looks = async {
        let mut back_off = FIRST_BACK_OFF;
        let mut looks_for_a_hint = 0;
        loop {
            match follower.poll().await {
                Ok(polled) => {
                    back_off = FIRST_BACK_OFF;
                    last_look.succeeded();
                    let lag = polled.slot_lag;
                    if lag > WORRYING_LAG {
                        tracing::warn!(slot_lag = lag, events = polled.events, "far behind the chain");
                    } else if polled.changed() {
                        tracing::info!(
                            slot_lag = lag,
                            events = polled.events,
                            finalized = polled.finalized,
                            vanished = polled.vanished,
                            skipped = polled.skipped,
                            "indexed"
                        );
                    }
                    if polled.transactions > 0 {
                        looks_for_a_hint = 0;
                    }
                    sleep(GATHER.min(poll)).await;
                    if looks_for_a_hint > 0 {
                        looks_for_a_hint -= 1;
                        continue;
                    }
                    tokio::select! {
                        () = sleep(poll.saturating_sub(GATHER)) => {}
                        () = look.notified() => looks_for_a_hint = LOOKS_FOR_A_HINT,
                    }
                }
                Err(error) => {
                    last_look.failed();
                    tracing::warn!(error = error_chain(&error), "cannot index; will try again");
                    sleep(back_off).await;
                    back_off = LONGEST_BACK_OFF.min(back_off * 2);
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = hints => {}
        () = looks => {}
    }
}
