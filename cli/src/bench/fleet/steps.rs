//! Latency against load: requests at a fixed rate, whatever becomes of them, at parts of what two workers can do.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{task::JoinSet, time::sleep_until};

use super::{
    Plan,
    device::{Device, Outcome},
    progress,
    stack::FleetStack,
    throughput::wait_name,
};
use crate::bench::report::{Report, Samples, machine};

const WORKERS: u8 = 2;
/// Parts of the rate that a closed loop reached, in percent.
const STEPS: [u64; 6] = [25, 50, 75, 90, 100, 110];

/// Measures each step. `per_second` is what two workers can do.
pub(super) async fn measure(plan: &Plan, per_second: f64) -> anyhow::Result<()> {
    let stack = Arc::new(FleetStack::start(&["--workers", &WORKERS.to_string()], &[]).await?);
    let outcome = climb(plan, &stack, per_second).await;
    // No task is left that shares it.
    if let Some(stack) = Arc::into_inner(stack) {
        stack.stop().await?;
    }
    outcome
}

async fn climb(plan: &Plan, stack: &Arc<FleetStack>, per_second: f64) -> anyhow::Result<()> {
    for percent in STEPS {
        let rate = per_second * percent as f64 / 100.0;
        let (latencies, refused) = step(plan, stack, rate, percent).await?;
        let context = json!({
            "workers": WORKERS, "offered_per_minute": 60.0 * rate, "seconds": plan.step_seconds,
            "devices_wait_by": wait_name(plan.waiting), "machine": machine(),
        });
        let report = Report::new(plan.json, context);
        for rank in [50, 95, 99] {
            let milliseconds = latencies.percentile(rank) * 1e3;
            report.line(&format!("fleet_p{rank}_ms_at_{percent}_per_cent"), milliseconds, "ms");
            report.point(&format!("fleet_latency_p{rank}"), percent as f64, "% of capacity", milliseconds, "ms");
        }
        report.line(&format!("fleet_refused_at_{percent}_per_cent"), refused as f64, "requests");
    }
    Ok(())
}

/// Sends at this rate, evenly, and waits for all. Returns the latencies of what was proved, and how many were refused.
async fn step(plan: &Plan, stack: &Arc<FleetStack>, rate: f64, percent: u64) -> anyhow::Result<(Samples, u64)> {
    let device = Arc::new(Device::new(0, plan.waiting)?);
    let total = (rate * plan.step_seconds as f64).ceil() as u64;
    let bar = progress(total, &format!("at {percent} %"))?;
    let since = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..total {
        let at = since + Duration::from_secs_f64(number as f64 / rate);
        let (device, stack) = (Arc::clone(&device), Arc::clone(stack));
        tasks.spawn(async move {
            sleep_until(at.into()).await;
            device.prove(&stack.crowd).await
        });
    }
    let (mut latencies, mut refused) = (Samples::default(), 0);
    while let Some(ended) = tasks.join_next().await {
        match ended?? {
            Outcome::Ended(end) => {
                anyhow::ensure!(end.failure.is_none(), "a proof failed at {percent} %");
                latencies.push(end.took);
            }
            Outcome::Refused { .. } => refused += 1,
            Outcome::Lost => anyhow::bail!("an accepted job does not end at {percent} %"),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((latencies, refused))
}
