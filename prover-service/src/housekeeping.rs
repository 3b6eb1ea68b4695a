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

/// Announces the key (after the trees are warm, so that the first job finds them so), and requeues jobs of provers that died.
pub(crate) async fn keep_house(store: Store, shared: Arc<Shared>, keys: Arc<KeyRing>, stop: CancellationToken) {
    let mut announce = interval(KEY_REFRESH);
    let mut sweep = interval(Duration::from_secs(1));
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    announce.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let outcome = tokio::select! {
            () = stop.cancelled() => return,
            () = keys.rotated() => {
                announce.reset_immediately();
                Ok(())
            }
            _ = announce.tick() => match shared.trees.warm_up().await {
                Ok(()) => {
                    keys.reload();
                    announce_keys(&store, &keys).await
                }
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
