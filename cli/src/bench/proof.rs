//! A proof at depth 32: solve, prove and verify by a warm worker, against one `bb` process for each proof.

use std::time::{Duration, Instant};

use serde_json::json;
use veilpass_circuit::{BB_VERSION, OWNERSHIP_GATES};
use veilpass_prover::{EngineConfig, ProvingEngine, Solver};
use veilpass_telemetry::process_memory;

use super::{
    bb_process::BbProcess,
    claim::Claim,
    report::{Report, Samples, machine, peak_memory_mb},
};

/// `veilpass bench proof`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Number of proofs of each kind.
    #[arg(long, default_value = "40", value_parser = clap::value_parser!(u32).range(5..=10_000))]
    samples: u32,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let solver = Solver::new()?;
    let config = EngineConfig::locate(None, Duration::from_secs(60))?;
    let since = Instant::now();
    let mut engine = ProvingEngine::start(&config, solver.bytecode())?;
    let started = since.elapsed();

    let claim = Claim::new()?;
    let public_inputs = claim.public_inputs;
    let witness = claim.solve(&solver)?;
    let process = BbProcess::new(&config, &witness)?;
    engine.prove(&witness, &public_inputs)?;

    let [mut solve, mut prove, mut warm, mut cli]: [Samples; 4] = Default::default();
    for _ in 0..options.samples {
        // In turn, so that whatever else the machine does meets both.
        let since = Instant::now();
        let witness = claim.solve(&solver)?;
        solve.push(since.elapsed());
        let proving = Instant::now();
        engine.prove(&witness, &public_inputs)?;
        prove.push(proving.elapsed());
        warm.push(since.elapsed());

        let since = Instant::now();
        process.prove()?;
        cli.push(since.elapsed());
    }
    let worker = process_memory(engine.pid()).ok_or_else(|| anyhow::anyhow!("the worker has ended"))?;

    let context = json!({
        "samples": options.samples, "depth": 32, "gates": OWNERSHIP_GATES, "cores_per_proof": 1,
        "bb": BB_VERSION, "flavour": "UltraHonk, Keccak, ZK", "machine": machine(),
    });
    let report = Report::new(options.json, context);
    for (name, samples) in [
        // Solve, prove and verify: all that a worker does for a job.
        ("proof_warm", &warm),
        ("proof_cli", &cli),
        ("witness_solve", &solve),
        ("bb_prove_and_verify", &prove),
    ] {
        report.line(&format!("{name}_p50_ms"), samples.percentile(50) * 1e3, "ms");
        report.line(&format!("{name}_p95_ms"), samples.percentile(95) * 1e3, "ms");
    }
    report.line("proof_cli_to_warm_ratio", cli.percentile(50) / warm.percentile(50), "ratio");
    report.line("bb_worker_start_ms", started.as_secs_f64() * 1e3, "ms");
    report.line("bb_worker_rss_mb", worker.resident_mb(), "MB");
    report.line("bb_worker_peak_mb", worker.peak_mb(), "MB");
    report.line("bench_process_peak_mb", peak_memory_mb(), "MB");
    Ok(())
}
