//! What this prover says of itself and of the queue.

use std::{sync::Arc, time::Duration};

use metrics::{Unit, describe_gauge, gauge};
use tokio::time::{MissedTickBehavior, interval};
use veilpass_store::ProverReport;
use veilpass_telemetry::error_chain;

use crate::{jobs::JobContext, pool::Pool};

/// How often the prover reports itself and the queue.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

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
}
