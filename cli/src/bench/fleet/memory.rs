//! Memory over many proofs: does it stay flat?

use std::{cell::RefCell, collections::BTreeMap};

use anyhow::{Context, ensure};
use serde_json::json;
use veilpass_telemetry::{ProcessMemory, process_memory};

use super::{Plan, load::closed_loop, progress, shared_pages, stack::FleetStack};
use crate::{
    bench::{
        report::{Report, machine},
        slope::Series,
    },
    stack::children_of,
};

const WORKERS: u8 = 2;
/// Proofs between two looks.
const STEP: u64 = 10;
/// Proofs that do not count: allocators and caches fill up.
const WARM_UP: u64 = 100;

/// What was seen of one process.
#[derive(Default)]
struct Process {
    resident_mb: Series,
    last: Option<ProcessMemory>,
}

/// Measures two workers, their prover and the API over the plan's proofs.
pub(super) async fn measure(plan: &Plan) -> anyhow::Result<()> {
    let stack = FleetStack::start(&["--workers", &WORKERS.to_string()], &[]).await?;
    let outcome = load(plan, &stack).await;
    stack.stop().await?;
    outcome
}

async fn load(plan: &Plan, stack: &FleetStack) -> anyhow::Result<()> {
    let (prover, api) = (stack.prover_pid()?, stack.api_pid()?);
    // A tenth of a quick run.
    let warm_up = WARM_UP.min(plan.memory_proofs / 10);
    let seen: RefCell<BTreeMap<u32, Process>> = RefCell::default();
    let look = |proofs: u64| {
        if !proofs.is_multiple_of(STEP) || proofs < warm_up {
            return;
        }
        for pid in children_of(prover).into_iter().chain([prover, api]) {
            if let Some(memory) = process_memory(pid) {
                let mut seen = seen.borrow_mut();
                let process = seen.entry(pid).or_default();
                process.resident_mb.push(proofs as f64 / 1e3, memory.resident_mb());
                process.last = Some(memory);
            }
        }
    };
    let bar = progress(plan.memory_proofs, "memory")?;
    let served = closed_loop(&stack.crowd, plan.waiting, 2 * WORKERS, plan.memory_proofs, &bar, look).await?;
    bar.finish_and_clear();
    ensure!(served.failed == 0, "{} of {} proofs failed, or were begun twice", served.failed, plan.memory_proofs);

    let mut seen = seen.into_inner();
    let mut of = |pid: u32| seen.remove(&pid).context("the process was never seen");
    let (prover, api) = (of(prover)?, of(api)?);
    let workers: Vec<Process> = std::mem::take(&mut seen).into_values().collect();
    let context = json!({
        "workers": WORKERS, "worker_processes_seen": workers.len(), "proofs": plan.memory_proofs,
        "proofs_of": "the whole fleet", "warm_up_proofs": warm_up, "proofs_between_looks": STEP, "machine": machine(),
    });
    let report = Report::new(plan.json, context);
    // Of the workers, the worst.
    let worst = |figure: &dyn Fn(&Process) -> f64| workers.iter().map(figure).fold(f64::MIN, f64::max);
    let slope = |process: &Process| process.resident_mb.slope();
    let resident = |process: &Process| process.last.map_or(0.0, ProcessMemory::resident_mb);
    let peak = |process: &Process| process.last.map_or(0.0, ProcessMemory::peak_mb);
    report.line("worker_rss_slope_mb_per_1000", worst(&slope), "MB/1000 proofs");
    report.line("prover_rss_slope_mb_per_1000", slope(&prover), "MB/1000 proofs");
    report.line("api_rss_slope_mb_per_1000", slope(&api), "MB/1000 proofs");
    report.line("worker_rss_mb", worst(&resident), "MB");
    report.line("worker_peak_mb", worst(&peak), "MB");
    report.line("prover_rss_mb", resident(&prover), "MB");
    report.line("prover_peak_mb", peak(&prover), "MB");
    report.line("api_rss_mb", resident(&api), "MB");
    report.line("api_rss_peak_mb", peak(&api), "MB");
    let curve = |name: &str, process: &Process| {
        for (thousands, megabytes) in process.resident_mb.points() {
            report.point(name, thousands * 1e3, "proofs", *megabytes, "MB");
        }
    };
    curve("rss_of_api", &api);
    curve("rss_of_prover", &prover);
    if let Some(worker) = workers.first() {
        curve("rss_of_worker", worker);
    }
    shared_pages::report(&report, &children_of(stack.prover_pid()?))
}
