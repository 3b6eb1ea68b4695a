//! What has to be done from time to time, whatever jobs there are.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use veilpass_store::{Store, StoreError};
use veilpass_telemetry::error_chain;

use crate::{key_ring::KeyRing, prove::Shared};

/// How long a failing task waits.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How long clients may seal to our key after we last said that we live, and how often we say so.
const KEY_LIFETIME: Duration = Duration::from_secs(60);
const KEY_REFRESH: Duration = Duration::from_secs(10);
/// How often trees that no job asks for follow their logs.
const TREE_REFRESH: Duration = Duration::from_secs(10);

/// Keeps the trees warm; announces the key, once they are, so that the first job finds them so; requeues jobs of provers that died.
pub(crate) async fn keep_house(store: Store, shared: Arc<Shared>, keys: Arc<KeyRing>, stop: CancellationToken) {
    let warm = CancellationToken::new();
    // Apart: to catch up with a large import may take longer than a key counts.
    let warming = tokio::spawn(keep_warm(shared, warm.clone(), stop.clone()));
    let mut announce = interval(KEY_REFRESH);
    let mut sweep = interval(Duration::from_secs(1));
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    announce.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_warm = false;
    loop {
        let outcome = tokio::select! {
            () = stop.cancelled() => break,
            () = warm.cancelled(), if !is_warm => {
                is_warm = true;
                announce.reset_immediately();
                Ok(())
            }
            () = keys.rotated() => {
                announce.reset_immediately();
                Ok(())
            }
            _ = announce.tick(), if is_warm => {
                keys.reload();
                announce_keys(&store, &keys).await
            }
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
    // What it has under way it ends: a tree is followed to where its number says.
    if let Err(error) = warming.await {
        tracing::error!(%error, "the trees are not followed");
    }
}

/// Brings the trees up to date from time to time; `warm` is cancelled when they were for the first time.
async fn keep_warm(shared: Arc<Shared>, warm: CancellationToken, stop: CancellationToken) {
    let mut tick = interval(TREE_REFRESH);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        match shared.trees.warm_up().await {
            Ok(()) => warm.cancel(),
            Err(error) => {
                tracing::warn!(error = error_chain(&error), "the trees cannot be brought up to date");
                tick.reset_after(BACK_OFF);
            }
        }
    }
}

/// The key that clients are to seal to, then those that retire: nobody is to find only these.
async fn announce_keys(store: &Store, keys: &KeyRing) -> Result<(), StoreError> {
    for key in keys.held().iter().rev() {
        match key.remaining() {
            None => store.announce_prover_key(&key.public_key(), KEY_LIFETIME).await?,
            Some(Duration::ZERO) => {}
            Some(remaining) => store.announce_retiring_key(&key.public_key(), KEY_LIFETIME, remaining).await?,
        }
    }
    Ok(())
}
