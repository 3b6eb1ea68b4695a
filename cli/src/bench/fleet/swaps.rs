//! Workers that are replaced all the time, under load: does a proof fail, and does the memory come back?

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;
use tokio::time::sleep;
use veilpass_telemetry::process_memory;

use super::{
    Plan,
    load::{Served, closed_loop},
    progress,
    stack::FleetStack,
    swap_log::SwapLog,
};
use crate::{
    bench::report::{Report, Samples, machine},
    stack::children_of,
};

const WORKERS: u8 = 2;
const GLANCE: Duration = Duration::from_millis(20);
/// The last worker that was replaced has ended by then.
const REAP_TIMEOUT: Duration = Duration::from_secs(10);

/// What the workers hold together, looked at all the time.
#[derive(Default)]
struct Memory {
    most_bytes: u64,
    after_swaps: Vec<u64>,
}

/// What must hold afterwards.
pub(super) struct Swaps {
    /// How many there were.
    pub(super) count: u64,
    /// Proofs that failed, or were begun twice, meanwhile.
    pub(super) failed_proofs: u64,
}

/// Measures two workers, each of which is replaced after a few proofs.
pub(super) async fn measure(plan: &Plan) -> anyhow::Result<Swaps> {
    let (workers, most) = (WORKERS.to_string(), plan.swap_worker_proofs.to_string());
    let flags = ["--workers", &workers, "--worker-max-proofs", &most, "--log-format", "json"];
    let stack = FleetStack::start(&flags, &[]).await?;
    let outcome = load(plan, &stack).await;
    stack.stop().await?;
    outcome
}

async fn load(plan: &Plan, stack: &FleetStack) -> anyhow::Result<Swaps> {
    let bar = progress(plan.swap_proofs + u64::from(WORKERS), "swaps")?;
    let run = |in_flight, proofs| closed_loop(&stack.crowd, plan.waiting, in_flight, proofs, &bar, |_| {});
    let (prover, mut log) = (stack.prover_pid()?, SwapLog::new(stack.prover_log()));
    // All workers have proved; none has been replaced.
    run(WORKERS, u64::from(WORKERS)).await?;
    let baseline = workers_bytes(prover);

    let mut memory = Memory::default();
    let served = {
        let load = run(2 * WORKERS, plan.swap_proofs);
        tokio::pin!(load);
        let mut ended: Option<(Served, Instant)> = None;
        let mut unseen = 0;
        loop {
            unseen += log.follow()?;
            let (workers, bytes) = workers_bytes(prover);
            memory.most_bytes = memory.most_bytes.max(bytes);
            // The worker that was replaced is gone, too.
            if unseen > 0 && workers == usize::from(WORKERS) {
                memory.after_swaps.push(bytes);
                unseen = 0;
            }
            match ended {
                None => tokio::select! {
                    served = &mut load => ended = Some((served?, Instant::now())),
                    () = sleep(GLANCE) => {}
                },
                Some((served, _)) if unseen == 0 && workers == usize::from(WORKERS) => break served,
                Some((_, since)) => {
                    ensure!(since.elapsed() < REAP_TIMEOUT, "{workers} workers are still there");
                    sleep(GLANCE).await;
                }
            }
        }
    };
    bar.finish_and_clear();

    let context = json!({
        "workers": WORKERS, "proofs": plan.swap_proofs, "in_flight": 2 * WORKERS,
        "worker_max_proofs": plan.swap_worker_proofs, "looks_after_swaps": memory.after_swaps.len(),
        "machine": machine(),
    });
    let report = Report::new(plan.json, context);
    let mut durations = Samples::default();
    log.durations().iter().for_each(|took| durations.push(*took));
    report.line("swap_count", log.durations().len() as f64, "swaps");
    report.line("swap_failed_proofs", served.failed as f64, "proofs");
    report.line("swap_p50_ms", durations.percentile(50) * 1e3, "ms");
    report.line("swap_p95_ms", durations.percentile(95) * 1e3, "ms");
    let most_after = memory.after_swaps.iter().copied().max().unwrap_or(0);
    report.line("swap_rss_after_ratio_max", most_after as f64 / baseline.1.max(1) as f64, "ratio");
    report.line("swap_fleet_rss_before_mb", baseline.1 as f64 / 1e6, "MB");
    report.line("swap_fleet_rss_peak_mb", memory.most_bytes as f64 / 1e6, "MB");
    for percent in [50, 95] {
        let name = format!("swap_fleet_p{percent}_ms");
        report.line(&name, served.latencies.percentile(percent) * 1e3, "ms");
    }
    Ok(Swaps { count: log.durations().len() as u64, failed_proofs: served.failed })
}

/// Number of workers, those that are being replaced included, and what is resident of them together.
fn workers_bytes(prover: u32) -> (usize, u64) {
    let memory: Vec<_> = children_of(prover).into_iter().filter_map(process_memory).collect();
    (memory.len(), memory.iter().map(|memory| memory.resident_bytes).sum())
}
