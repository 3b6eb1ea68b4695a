//! What has to be done from time to time, whatever jobs there are.

use std::{sync::Arc, time::Duration};

use metrics::{Unit, describe_gauge, gauge};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use veilpass_store::{ProverReport, Store, StoreError};
use veilpass_telemetry::{MemoryLevel, alert};

use crate::{
    jobs::JobContext,
    key_ring::KeyRing,
    machine::{MachineMemory, MemoryGate},
    pool::Pool,
    prove::Shared,
};

/// How long a failing task waits.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How long clients may seal to our key after we last said that we live, and how often we say so.
pub(crate) const KEY_LIFETIME: Duration = Duration::from_secs(60);
const KEY_REFRESH: Duration = Duration::from_secs(10);
/// How often the prover reports itself and the queue.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// How often the machine's memory is looked at.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);

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

/// Says every few seconds what this prover has and how fast it is, for estimates of the wait, and how long the queue is, for
/// whoever decides about the number of provers.
pub(crate) async fn report(context: Arc<JobContext>, pool: Arc<Pool>) {
    describe_queue();
    let mut ticks = interval(REPORT_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = context.stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let (workers, mean_proof) = pool.pace();
        gauge!("veilpass_workers_ready").set(f64::from(workers));
        // While it takes no jobs, nobody is to count on it.
        let workers = if *context.gate.borrow() { workers } else { 0 };
        let report =
            ProverReport { name: context.prover.clone(), key: context.keys.active().id(), workers, mean_proof };
        let outcome = async {
            context.store.report_prover(&report).await?;
            context.store.queue_depth().await
        };
        match outcome.await {
            Ok(depth) => {
                gauge!("veilpass_queue_jobs", "state" => "queued").set(depth.queued as f64);
                gauge!("veilpass_queue_jobs", "state" => "leased").set(depth.leased as f64);
                gauge!("veilpass_queue_oldest_seconds").set(depth.oldest_queued_age.unwrap_or_default().as_secs_f64());
            }
            Err(error) => tracing::warn!(error = error_chain(&error), "could not report"),
        }
    }
}

fn describe_queue() {
    describe_gauge!("veilpass_queue_jobs", "Proof jobs that wait or are worked on, of all provers");
    describe_gauge!("veilpass_queue_oldest_seconds", Unit::Seconds, "For how long the oldest waiting job has existed");
    describe_gauge!("veilpass_prover_accepts_jobs", "1 while jobs are taken, 0 while memory is short");
    describe_gauge!("veilpass_machine_available_bytes", Unit::Bytes, "Memory that can still be taken on this machine");
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
        gauge!("veilpass_machine_available_bytes").set(memory.available as f64);
        gauge!("veilpass_prover_accepts_jobs").set(if is_open { 1.0 } else { 0.0 });
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
