//! What has to be done from time to time, whatever jobs there are.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use veilpass_store::{Store, StoreError};
use veilpass_telemetry::{MemoryLevel, alert};

use crate::{
    machine::{MachineMemory, MemoryGate},
    prove::Shared,
};

/// How long a failing task waits.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How long clients may seal to our key after we last said that we live, and how often we say so.
const KEY_LIFETIME: Duration = Duration::from_secs(60);
const KEY_REFRESH: Duration = Duration::from_secs(10);
/// How often the machine's memory is looked at.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);

/// Announces the key (after the trees are warm, so that the first job finds them so), and requeues jobs of provers that died.
pub(crate) async fn keep_house(store: Store, shared: Arc<Shared>, public_key: [u8; 32], stop: CancellationToken) {
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

/// Admission by memory: no job is taken while the machine has less left than a worker may need (`worker`, in bytes), nor while
/// this process is critical. The jobs wait for this prover or another.
pub(crate) async fn watch_memory(
    gate: watch::Sender<bool>,
    worker: u64,
    level: watch::Receiver<MemoryLevel>,
    stop: CancellationToken,
) {
    let (mut machine, mut ticks) = (MemoryGate::new(worker), interval(MEMORY_INTERVAL));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let Some(memory) = MachineMemory::read() else { continue };
        let is_enough = machine.update(memory.available);
        let is_open = is_enough && *level.borrow() != MemoryLevel::Critical;
        metrics::gauge!("veilpass_machine_available_bytes").set(memory.available as f64);
        if gate.send_replace(is_open) != is_open {
            tracing::info!(is_open, available_bytes = memory.available, "taking jobs depends on memory");
        }
        if !is_enough {
            alert("memory_low", format_args!("{} bytes are left, and one worker may need {worker}", memory.available));
        }
    }
}

/// An error and its causes.
pub(crate) fn error_chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
