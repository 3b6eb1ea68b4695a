//! The baseline without warm workers: one `bb` process for each proof, two at a time.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use veilpass_prover::{EngineConfig, Solver};
use veilpass_telemetry::process_memory;

use super::{Plan, progress};
use crate::bench::{
    bb_process::{BbProcess, finish},
    claim::Claim,
    report::{Report, Samples, machine},
};

const AT_ONCE: usize = 2;
/// A process' memory is looked at this often; it grows for a tenth of a second and more.
const GLANCE: Duration = Duration::from_millis(3);

/// Measures as many as the plan says.
pub(super) fn measure(plan: &Plan) -> anyhow::Result<()> {
    let config = EngineConfig::locate(None, Duration::from_secs(60))?;
    let witness = Claim::new()?.solve(&Solver::new()?)?;
    let process = BbProcess::new(&config, &witness)?;
    process.prove()?;

    let bar = progress(plan.baseline_proofs, "one bb process for each proof")?;
    let (started, peak_bytes, running) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(true));
    let pids: [AtomicU64; AT_ONCE] = Default::default();
    let lane = |lane: usize| -> anyhow::Result<Vec<Duration>> {
        let mut taken = Vec::new();
        while started.fetch_add(1, Ordering::Relaxed) < plan.baseline_proofs {
            let since = Instant::now();
            let child = process.start(lane)?;
            pids[lane].store(u64::from(child.id()), Ordering::Relaxed);
            finish(child)?;
            taken.push(since.elapsed());
            bar.inc(1);
        }
        Ok(taken)
    };
    // The kernel's own maximum for a child (wait4) begins with what we hold when we start it. That in /proc does not.
    let watch = || {
        while running.load(Ordering::Relaxed) {
            for pid in &pids {
                let pid = pid.load(Ordering::Relaxed) as u32;
                if is_bb(pid, &config)
                    && let Some(memory) = process_memory(pid)
                {
                    peak_bytes.fetch_max(memory.peak_bytes, Ordering::Relaxed);
                }
            }
            thread::sleep(GLANCE);
        }
    };
    let since = Instant::now();
    let (taken, elapsed) = thread::scope(|scope| {
        scope.spawn(watch);
        let lane = &lane;
        let lanes: Vec<_> = (0..AT_ONCE).map(|number| scope.spawn(move || lane(number))).collect();
        let taken: anyhow::Result<Vec<_>> = lanes
            .into_iter()
            .map(|lane| lane.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a thread panicked"))))
            .collect();
        let elapsed = since.elapsed();
        running.store(false, Ordering::Relaxed);
        (taken, elapsed)
    });
    bar.finish_and_clear();
    let mut samples = Samples::default();
    taken?.into_iter().flatten().for_each(|took| samples.push(took));

    let context = json!({
        "proofs": plan.baseline_proofs, "at_once": AT_ONCE, "without": "solving, verifying, HTTP, Postgres",
        "machine": machine(),
    });
    let report = Report::new(plan.json, context);
    report.line("proof_cli_p50_ms", samples.percentile(50) * 1e3, "ms");
    report.line("proof_cli_p95_ms", samples.percentile(95) * 1e3, "ms");
    let per_minute = plan.baseline_proofs as f64 * 60.0 / elapsed.as_secs_f64();
    report.line("cli_proofs_per_minute_w2", per_minute, "proofs/min");
    report.line("cli_peak_rss_mb", peak_bytes.into_inner() as f64 / 1e6, "MB");
    Ok(())
}

/// Whether that process runs `bb` by now: until then it is a copy of ours.
fn is_bb(pid: u32, config: &EngineConfig) -> bool {
    let runs = fs::read_link(format!("/proc/{pid}/exe")).ok();
    runs.is_some() && runs == config.bb.path().canonicalize().ok()
}
