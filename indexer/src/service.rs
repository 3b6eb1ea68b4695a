//! The service around [`Follower`]: when to look, what to do when that fails, and stopping.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;
use veilpass_store::{Store, StoreConfig};

use crate::{FollowError, config::Config, follow::Follower, hint::hint, ledger::Ledger};

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
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let following = follow(follower, config.ws_url, Duration::from_millis(config.poll_ms), stopped);
    let signal = async {
        veilpass_telemetry::shutdown_signal().await;
        stop.cancel();
    };
    tokio::join!(following, signal);
    store.close().await;
    Ok(())
}

/// Looks at the ledger whenever something may be new. A look that is interrupted has written whole batches only.
async fn follow(mut follower: Follower, ws_url: Option<String>, poll: Duration, stop: CancellationToken) {
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

fn error_chain(error: &FollowError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
