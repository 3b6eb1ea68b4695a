//! The baseline of a service in Node: Barretenberg's wasm, on one thread.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;
use veilpass_circuit::{BB_VERSION, Crs, OWNERSHIP_CRS_POINTS, VERIFICATION_KEY, cache_dir, pin};
use veilpass_prover::Solver;
use veilpass_verifier::OwnershipVerifier;

use super::{Plan, progress};
use crate::bench::{
    claim::Claim,
    report::{Report, Samples, machine},
};

const SCRIPT: &str = include_str!("wasm/prove.mjs");
const POINT_BYTES: usize = 64;

/// What the script prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Measured {
    start_ms: f64,
    proof_ms: Vec<f64>,
    resident_bytes: u64,
    peak_bytes: u64,
}

/// Where `./veilpass` installs the package.
fn package_dir() -> PathBuf {
    let package = pin("BB_NPM_PACKAGE");
    let version = package.rsplit('@').next().unwrap_or_default();
    cache_dir().join(format!("bb.js-{version}"))
}

/// Measures as many as the plan says, and checks the last proof by our own verifier.
pub(super) fn measure(plan: &Plan) -> anyhow::Result<()> {
    let modules = package_dir().join("node_modules");
    ensure!(
        modules.join("@aztec/bb.js").is_dir(),
        "{} is not in {}: ./veilpass bench fleet installs it; or leave this out by --without-wasm",
        pin("BB_NPM_PACKAGE"),
        package_dir().display()
    );
    let (claim, solver, dir) = (Claim::new()?, Solver::new()?, tempfile::tempdir()?);
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes);
    write("prove.mjs", SCRIPT.as_bytes())?;
    write("bytecode", solver.bytecode())?;
    write("witness", claim.solve(&solver)?.expose_bytes())?;
    write("vk", VERIFICATION_KEY)?;
    let crs = Crs::locate()?;
    let read = |name: &str| {
        let path = crs.dir().join(name);
        fs::read(&path).with_context(|| format!("{} is missing: let bb make a proof first", path.display()))
    };
    let points = read("bn254_g1.dat")?;
    let needed =
        points.get(..OWNERSHIP_CRS_POINTS as usize * POINT_BYTES).context("the reference string is too short")?;
    write("g1", needed)?;
    write("g2", &read("bn254_g2.dat")?)?;

    let bar = progress(plan.wasm_proofs, "Barretenberg's wasm in Node")?;
    bar.enable_steady_tick(Duration::from_millis(200));
    let output = Command::new("node")
        .arg(dir.path().join("prove.mjs"))
        .arg(&modules)
        .arg(dir.path())
        .arg(plan.wasm_proofs.to_string())
        .env("CRS_PATH", crs.dir())
        .stdin(Stdio::null())
        .output()
        .context("node does not run: ./veilpass bench fleet installs it")?;
    bar.finish_and_clear();
    ensure!(output.status.success(), "the script failed:\n{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout)?;
    let last = printed.lines().last().context("the script printed nothing")?;
    let measured: Measured = serde_json::from_str(last).context("what the script printed")?;

    let made = |name: &str| fs::read(dir.path().join(name));
    ensure!(made("public_inputs")? == claim.public_inputs.to_bytes(), "wasm proved something else");
    OwnershipVerifier::new()?.verify(&made("proof")?, &claim.public_inputs).context("the proof that wasm made")?;

    let mut samples = Samples::default();
    measured.proof_ms.iter().for_each(|ms| samples.push(Duration::from_secs_f64(ms / 1e3)));
    let context = json!({
        "proofs": plan.wasm_proofs, "threads": 1, "package": pin("BB_NPM_PACKAGE"), "bb": BB_VERSION,
        "node": node_version(), "without": "solving, verifying, HTTP, Postgres", "machine": machine(),
    });
    let report = Report::new(plan.json, context);
    report.line("proof_wasm_p50_ms", samples.percentile(50) * 1e3, "ms");
    report.line("proof_wasm_p95_ms", samples.percentile(95) * 1e3, "ms");
    report.line("wasm_start_and_first_proof_ms", measured.start_ms, "ms");
    report.line("wasm_rss_mb", measured.resident_bytes as f64 / 1e6, "MB");
    report.line("wasm_rss_peak_mb", measured.peak_bytes as f64 / 1e6, "MB");
    Ok(())
}

fn node_version() -> String {
    let output = Command::new("node").arg("--version").output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_the_one_that_the_pinned_bb_is_from() {
        let manifest: serde_json::Value = serde_json::from_str(include_str!("wasm/package.json")).unwrap();
        let version = manifest["dependencies"]["@aztec/bb.js"].as_str().unwrap();
        assert_eq!(format!("@aztec/bb.js@{version}"), pin("BB_NPM_PACKAGE"));
        let lock: serde_json::Value = serde_json::from_str(include_str!("wasm/package-lock.json")).unwrap();
        assert_eq!(lock["packages"]["node_modules/@aztec/bb.js"]["version"], version);
    }
}
