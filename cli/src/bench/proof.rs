//! A proof at depth 32: solve, prove and verify by a warm worker, against one `bb` process for each proof.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::ensure;
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use veilpass_circuit::{ARTIFACT, BB_VERSION, OWNERSHIP_GATES, VERIFICATION_KEY};
use veilpass_merkle::MerkleTree;
use veilpass_protocol::{FieldElement, Leaf, RegistryId, hash_leaf};
use veilpass_prover::{EngineConfig, OwnershipInputs, ProvingEngine, Solver, Witness};
use veilpass_telemetry::process_memory;

use super::report::{Report, Samples, machine, peak_memory_mb};
use crate::holders::{Holder, session};

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

    // Holder 7 among 1,000.
    let holder = Holder::new(7);
    let leaf = hash_leaf(holder.secret.commitment(), holder.token_id, holder.track_id);
    let place = |number: u64| if number == 7 { leaf } else { Leaf::new(FieldElement::from_u64(1_000_000 + number)) };
    let tree = MerkleTree::build((0..1_000).map(place).collect());
    let registry = RegistryId::new(FieldElement::from_u64(1));
    let statement = holder.statement(registry, veilpass_protocol::Epoch(1), &session(7, 0));
    let public_inputs = statement.under_root(tree.root());
    let path = tree.path(7).ok_or_else(|| anyhow::anyhow!("the tree has place 7"))?;
    let inputs =
        OwnershipInputs { public_inputs, identity_secret: &holder.secret, token_id: holder.token_id, path: &path };

    let dir = tempfile::tempdir()?;
    let witness = solver.solve(&inputs)?;
    prepare_cli(dir.path(), &witness)?;
    engine.prove(&witness, &public_inputs)?;

    let [mut solve, mut prove, mut warm, mut cli]: [Samples; 4] = Default::default();
    for _ in 0..options.samples {
        // In turn, so that whatever else the machine does meets both.
        let since = Instant::now();
        let witness = solver.solve(&inputs)?;
        solve.push(since.elapsed());
        let proving = Instant::now();
        engine.prove(&witness, &public_inputs)?;
        prove.push(proving.elapsed());
        warm.push(since.elapsed());

        let since = Instant::now();
        prove_by_cli(&config, dir.path())?;
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

fn prepare_cli(dir: &Path, witness: &Witness) -> anyhow::Result<()> {
    std::fs::write(dir.join("circuit.json"), ARTIFACT)?;
    std::fs::write(dir.join("vk"), VERIFICATION_KEY)?;
    let mut encoder = GzEncoder::new(std::fs::File::create(dir.join("witness.gz"))?, Compression::default());
    encoder.write_all(witness.expose_bytes())?;
    encoder.finish()?;
    Ok(())
}

/// What a service without a warm worker would do for each proof.
fn prove_by_cli(config: &EngineConfig, dir: &Path) -> anyhow::Result<()> {
    let status = Command::new(config.bb.path())
        .args(["prove", "-t", "evm", "-b", "circuit.json", "-w", "witness.gz", "-k", "vk", "-o", ".", "-c"])
        .arg(config.crs.dir())
        .env("HARDWARE_CONCURRENCY", "1")
        .env("BB_MSM_NEW", "1")
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "bb prove ended with {status}");
    Ok(())
}
