//! Twice as many requests as two workers can serve: who is refused, who waits for how long, and who gets what.

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
/// Devices that ask for a quarter of what the fleet can do, each; and the greedy one that asks for five quarters.
const POLITE: [u8; 3] = [0, 1, 2];
const GREEDY: u8 = 3;
/// Who sends which of eight requests.
const TURNS: [u8; 8] = [0, GREEDY, GREEDY, 1, GREEDY, GREEDY, 2, GREEDY];
/// How long the last job of a full queue waits, in seconds.
const QUEUE_SECONDS: f64 = 2.0;

/// One request and what became of it.
struct Request {
    device: u8,
    outcome: Outcome,
    /// It was refused before and came back when it was told to.
    returned: bool,
}

/// Measures twice `per_second`. Returns how many accepted jobs did not end.
pub(super) async fn measure(plan: &Plan, per_second: f64) -> anyhow::Result<u64> {
    let capacity = ((per_second * QUEUE_SECONDS).ceil() as u64).max(4).to_string();
    let workers = WORKERS.to_string();
    let stack = FleetStack::start(&["--workers", &workers], &["--queue-capacity", &capacity]).await?;
    let stack = Arc::new(stack);
    let requests = offer(plan, &stack, 2.0 * per_second).await;
    // No task is left that shares it.
    if let Some(stack) = Arc::into_inner(stack) {
        stack.stop().await?;
    }
    let context = json!({
        "workers": WORKERS, "offered_per_minute": 120.0 * per_second, "seconds": plan.overload_seconds,
        "queue_capacity": capacity, "polite_devices": POLITE.len(), "polite_share_of_capacity": 0.25,
        "greedy_devices": 1, "greedy_share_of_capacity": 1.25,
        "devices_wait_by": wait_name(plan.waiting), "machine": machine(),
    });
    Ok(report(&Report::new(plan.json, context), &requests?))
}

/// Sends requests at a fixed rate, whatever becomes of them, and waits for all accepted.
async fn offer(plan: &Plan, stack: &Arc<FleetStack>, per_second: f64) -> anyhow::Result<Vec<Request>> {
    let devices = (0..=GREEDY)
        .map(|number| Ok(Arc::new(Device::new(number, plan.waiting)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let total = (per_second * plan.overload_seconds as f64) as u64;
    let bar = progress(total, "overload")?;
    let since = Instant::now();
    let end = since + Duration::from_secs(plan.overload_seconds);
    let mut tasks = JoinSet::new();
    for number in 0..total {
        let at = since + Duration::from_secs_f64(number as f64 / per_second);
        let turn = TURNS[(number % TURNS.len() as u64) as usize];
        let (device, stack, bar) = (Arc::clone(&devices[usize::from(turn)]), Arc::clone(stack), bar.clone());
        tasks.spawn(async move {
            sleep_until(at.into()).await;
            let first = device.prove(&stack.crowd).await?;
            let mut requests = Vec::new();
            // Once more, if that is still within the overload.
            if let Outcome::Refused { retry_after } = first
                && POLITE.contains(&turn)
                && Instant::now() + retry_after < end
            {
                tokio::time::sleep(retry_after).await;
                let outcome = device.prove(&stack.crowd).await?;
                requests.push(Request { device: turn, outcome, returned: true });
            }
            requests.push(Request { device: turn, outcome: first, returned: false });
            bar.inc(1);
            anyhow::Ok(requests)
        });
    }
    let mut requests = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        requests.extend(ended??);
    }
    bar.finish_and_clear();
    Ok(requests)
}

fn report(report: &Report, requests: &[Request]) -> u64 {
    let count = |which: &dyn Fn(&Request) -> bool| requests.iter().filter(|request| which(request)).count() as f64;
    let refused = |request: &Request| matches!(request.outcome, Outcome::Refused { .. });
    let served = |request: &Request| matches!(&request.outcome, Outcome::Ended(end) if end.failure.is_none());
    let failed = |request: &Request| matches!(&request.outcome, Outcome::Ended(end) if end.failure.is_some());
    let greedy = |request: &Request| request.device == GREEDY;

    let [mut accepted, mut by_polite, mut by_greedy]: [Samples; 3] = Default::default();
    let mut ratios = Vec::new();
    for request in requests {
        if let Outcome::Ended(end) = &request.outcome {
            accepted.push(end.took);
            if greedy(request) {
                by_greedy.push(end.took)
            } else {
                by_polite.push(end.took)
            }
            ratios.extend(end.announced.map(|announced| end.took.as_secs_f64() / announced.as_secs_f64().max(1e-3)));
        }
    }
    for percent in [50, 95, 99] {
        report.line(&format!("fleet_overload_accepted_p{percent}_ms"), accepted.percentile(percent) * 1e3, "ms");
    }
    let all = requests.len() as f64;
    report.line("fleet_overload_refused_per_cent", 100.0 * count(&refused) / all, "%");
    let lost = count(&|request| matches!(request.outcome, Outcome::Lost));
    report.line("fleet_overload_lost", lost, "jobs");
    report.line("fleet_overload_failed", count(&failed), "jobs");
    if let Some(median) = median(&mut ratios) {
        report.line("fleet_overload_wait_to_announced_p50", median, "ratio");
    }
    let back = count(&|request| request.returned);
    if back > 0.0 {
        let taken = count(&|request| request.returned && !refused(request));
        report.line("fleet_overload_retry_accepted_per_cent", 100.0 * taken / back, "%");
    }

    let polite_served = count(&|request| served(request) && !greedy(request)) / POLITE.len() as f64;
    let polite_asked = count(&|request| !greedy(request) && !request.returned) / POLITE.len() as f64;
    let (greedy_served, greedy_asked) = (count(&|request| served(request) && greedy(request)), count(&greedy));
    report.line("fleet_overload_polite_served_per_cent", 100.0 * polite_served / polite_asked, "%");
    report.line("fleet_overload_greedy_served_per_cent", 100.0 * greedy_served / greedy_asked, "%");
    report.line("fleet_overload_polite_to_greedy_proofs", polite_served / greedy_served.max(1.0), "ratio");
    report.line("fleet_overload_polite_p50_ms", by_polite.percentile(50) * 1e3, "ms");
    report.line("fleet_overload_greedy_p50_ms", by_greedy.percentile(50) * 1e3, "ms");
    lost as u64
}

/// The middle one.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
