//! Ended jobs go to the archive, and jobs that nobody will serve end, whichever prover does it.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use veilpass_store::Store;

/// How often it is looked whether something is due: one look at an index.
const LOOK: Duration = Duration::from_secs(5);
/// Batches that are moved before others get a turn.
const BATCHES: u32 = 20;

/// For how long jobs wait for the prover of a key that has expired.
const PATIENCE: Duration = Duration::from_secs(600);

/// Archives jobs that ended longer than `retention` ago, until `stop`.
pub(crate) async fn keep_history(store: Store, retention: Duration, stop: CancellationToken) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        match store.fail_unserved_jobs(PATIENCE).await {
            Ok(0) => {}
            Ok(ended) => tracing::warn!(ended, "jobs were sealed to a key that no prover serves any more"),
            Err(error) => tracing::warn!(%error, "jobs of expired keys stay for now"),
        }
        for _ in 0..BATCHES {
            match store.archive_jobs(retention).await {
                Ok((0, 0)) => break,
                Ok((archived, forgotten)) => tracing::debug!(archived, forgotten, "ended jobs"),
                Err(error) => {
                    tracing::warn!(%error, "ended jobs stay for now");
                    break;
                }
            }
        }
    }
}
