//! `veilpass fuzz`: the fuzzers, without cargo-fuzz and without a nightly compiler.

use std::{
    fs,
    process::{Command, ExitCode},
};

use anyhow::{Context, ensure};
use clap::builder::PossibleValuesParser;
use veilpass_circuit::{cache_dir, workspace_root};
use veilpass_fuzz_targets::TARGETS;

/// `veilpass fuzz`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// What to fuzz; what each checks is said in crates/fuzz-targets.
    #[arg(value_parser = PossibleValuesParser::new(TARGETS.map(|(name, _)| name)))]
    target: String,
    /// How long to fuzz.
    #[arg(long, default_value = "60")]
    seconds: u32,
    /// Without AddressSanitizer: for a toolchain that does not come with its runtime.
    #[arg(long)]
    no_sanitizer: bool,
}

/// What cargo-fuzz passes too: count the edges of the control flow, watch comparisons.
const COVERAGE: &str = "--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Builds the fuzzer and runs it; fails if it found something.
///
/// Inputs that reach new code are kept in the cache, so that the next run goes on from there; what it found is written to
/// fuzz/artifacts.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let fuzz = workspace_root().join("fuzz");
    let host = host()?;
    let target_dir = cache_dir().join("fuzz");
    let mut flags = COVERAGE.to_owned();
    let mut cargo = Command::new("cargo");
    if !options.no_sanitizer {
        flags.push_str(" -Zsanitizer=address");
        // A stable compiler takes -Z then.
        cargo.env("RUSTC_BOOTSTRAP", "1");
    }
    // With --target the flags are not for build scripts and macros.
    cargo.args(["build", "--release", "--locked", "--bin", &options.target, "--target", &host]).current_dir(&fuzz);
    cargo.env("RUSTFLAGS", flags).env_remove("CARGO_ENCODED_RUSTFLAGS").env("CARGO_TARGET_DIR", &target_dir);
    let status = cargo.status().context("cannot run cargo")?;
    ensure!(status.success(), "the fuzzer does not build: without AddressSanitizer's runtime, try --no-sanitizer");

    let grown = cache_dir().join("fuzz-corpus").join(&options.target);
    let found = fuzz.join("artifacts").join(&options.target);
    for dir in [&grown, &found] {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    let mut fuzzer = Command::new(target_dir.join(&host).join("release").join(&options.target));
    fuzzer.arg(&grown).arg(fuzz.join("corpus").join(&options.target));
    fuzzer.arg(format!("-max_total_time={}", options.seconds)).arg("-print_final_stats=1");
    // Long enough for every known proof; shared machines stall.
    fuzzer.args(["-max_len=8192", "-timeout=60"]).arg(format!("-artifact_prefix={}/", found.display()));
    let status = fuzzer.status().context("cannot run the fuzzer")?;
    ensure!(status.success(), "{} found something, see above; the input is in {}", options.target, found.display());
    Ok(ExitCode::SUCCESS)
}

/// This machine's target, as rustc calls it.
fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}
