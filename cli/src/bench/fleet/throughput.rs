//! Proofs a minute and latency, by number of workers.

use anyhow::ensure;
use serde_json::json;

use super::{Plan, device::Waiting, load::closed_loop, progress, stack::FleetStack};
use crate::bench::report::{Report, machine};

/// Measures a prover of so many workers, with twice as many requests in flight. Returns its proofs a second.
pub(super) async fn measure(plan: &Plan, workers: u8) -> anyhow::Result<f64> {
    let flag = workers.to_string();
    let stack = FleetStack::start(&["--workers", &flag], &[]).await?;
    let outcome = load(plan, &stack, workers).await;
    stack.stop().await?;
    outcome
}

async fn load(plan: &Plan, stack: &FleetStack, workers: u8) -> anyhow::Result<f64> {
    let in_flight = 2 * workers;
    let bar = progress(u64::from(in_flight) + plan.load_proofs, &format!("load, workers: {workers}"))?;
    let run = |proofs| closed_loop(&stack.crowd, plan.waiting, in_flight, proofs, &bar, |_| {});
    // Connections, and the first proof of each worker.
    run(u64::from(in_flight)).await?;
    let served = run(plan.load_proofs).await?;
    bar.finish_and_clear();
    ensure!(served.failed == 0, "{} of {} proofs failed, or were begun twice", served.failed, plan.load_proofs);

    let context = json!({
        "workers": workers, "in_flight": in_flight, "proofs": plan.load_proofs, "from": "POST", "to": "proof in hand",
        "devices_wait_by": wait_name(plan.waiting), "machine": machine(),
    });
    let report = Report::new(plan.json, context);
    let per_second = plan.load_proofs as f64 / served.elapsed.as_secs_f64();
    report.line(&format!("fleet_proofs_per_minute_w{workers}"), per_second * 60.0, "proofs/min");
    for percent in [50, 95, 99] {
        let name = format!("fleet_p{percent}_ms_w{workers}");
        report.line(&name, served.latencies.percentile(percent) * 1e3, "ms");
    }
    Ok(per_second)
}

/// How the devices wait, in a line's context.
pub(super) fn wait_name(waiting: Waiting) -> String {
    match waiting {
        Waiting::Poll => "polling".to_owned(),
        Waiting::Prefer(seconds) => format!("Prefer: wait={seconds}"),
    }
}
