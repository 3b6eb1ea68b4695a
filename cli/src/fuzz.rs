//! `veilpass fuzz`: the fuzzers, without cargo-fuzz and without a nightly compiler.

use std::{
    fs::{self, File},
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, ensure};
use clap::builder::PossibleValuesParser;
use veilpass_circuit::{cache_dir, workspace_root};
use veilpass_fuzz_targets::TARGETS;

/// Every target, one after the other.
const ALL: &str = "all";

/// `veilpass fuzz`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// What to fuzz; what each checks is said in crates/fuzz-targets.
    #[arg(value_parser = PossibleValuesParser::new([ALL].into_iter().chain(TARGETS.map(|(name, _)| name))))]
    target: String,
    /// How long to fuzz, each target.
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

/// Builds the fuzzers and runs them; fails if one found something.
///
/// Inputs that reach new code are kept in the cache, so that the next run goes on from there; what a fuzzer found is written
/// to fuzz/artifacts.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let binaries = build(options)?;
    if options.target != ALL {
        let mut fuzzer = fuzzer(&binaries, &options.target, options.seconds)?;
        let status = fuzzer.status().context("cannot run the fuzzer")?;
        let found = found(&options.target);
        ensure!(status.success(), "{} found something, see above; the input is in {}", options.target, found.display());
        return Ok(ExitCode::SUCCESS);
    }
    let mut failed = vec![];
    for (name, _) in TARGETS {
        print!("{name}: ");
        stdout().flush()?;
        let log = cache_dir().join("fuzz-corpus").join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let before = inputs(name);
        let status =
            fuzzer(&binaries, name, options.seconds)?.stderr(file).status().context("cannot run the fuzzer")?;
        println!("{}, {before} to {} inputs", outcome(&fs::read(&log)?), inputs(name));
        if !status.success() {
            println!(
                "{name}: FOUND SOMETHING: the input is in {}, the log is {}",
                found(name).display(),
                log.display()
            );
            failed.push(name);
        }
    }
    ensure!(failed.is_empty(), "something was found by {}", failed.join(", "));
    Ok(ExitCode::SUCCESS)
}

/// Builds the fuzzer, or all of them. Returns where they are.
fn build(options: &Options) -> anyhow::Result<PathBuf> {
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
    cargo.args(["build", "--release", "--locked", "--target", &host]).current_dir(fuzz_dir());
    match options.target.as_str() {
        ALL => cargo.arg("--bins"),
        target => cargo.args(["--bin", target]),
    };
    cargo.env("RUSTFLAGS", flags).env_remove("CARGO_ENCODED_RUSTFLAGS").env("CARGO_TARGET_DIR", &target_dir);
    let status = cargo.status().context("cannot run cargo")?;
    ensure!(status.success(), "the fuzzer does not build: without AddressSanitizer's runtime, try --no-sanitizer");
    Ok(target_dir.join(&host).join("release"))
}

/// A fuzzer that starts from what earlier runs reached and from what is committed.
fn fuzzer(binaries: &Path, target: &str, seconds: u32) -> anyhow::Result<Command> {
    let found = found(target);
    for dir in [&reached(target), &found] {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    let mut fuzzer = Command::new(binaries.join(target));
    // What is new goes to the first folder.
    fuzzer.arg(reached(target)).arg(fuzz_dir().join("corpus").join(target));
    let committed = fuzz_dir().join("reached").join(target);
    if committed.is_dir() {
        fuzzer.arg(committed);
    }
    fuzzer.arg(format!("-max_total_time={seconds}")).arg("-print_final_stats=1");
    // Long enough for every known proof; shared machines stall.
    fuzzer.args(["-max_len=8192", "-timeout=60"]).arg(format!("-artifact_prefix={}/", found.display()));
    Ok(fuzzer)
}

fn fuzz_dir() -> PathBuf {
    workspace_root().join("fuzz")
}

/// Where inputs are kept that reach new code.
fn reached(target: &str) -> PathBuf {
    cache_dir().join("fuzz-corpus").join(target)
}

/// Where inputs are written for which something does not hold.
fn found(target: &str) -> PathBuf {
    fuzz_dir().join("artifacts").join(target)
}

fn inputs(target: &str) -> usize {
    fs::read_dir(reached(target)).map_or(0, Iterator::count)
}

/// How far a run came, by the last line of its log that says so: `#1234 DONE cov: 56 ft: 78 corp: 9/10Kb ...`.
fn outcome(log: &[u8]) -> String {
    let log = String::from_utf8_lossy(log);
    let last = log.lines().rev().find(|line| line.starts_with('#') && line.contains(" cov: "));
    let Some((runs, rest)) = last.and_then(|line| line[1..].split_once(char::is_whitespace)) else {
        return "it did not begin".to_owned();
    };
    let value = |name| rest.split_whitespace().skip_while(|word| *word != name).nth(1).unwrap_or("?");
    format!("{runs} runs, {} edges, {} features", value("cov:"), value("ft:"))
}

/// This machine's target, as rustc calls it.
fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_says_how_far_the_run_came() {
        let log = b"INFO: seed corpus: files: 3\n#4\tINITED cov: 5 ft: 6 corp: 3/1Kb\n\xff\n\
            #12345\tDONE   cov: 67 ft: 89 corp: 10/2Kb lim: 4096 exec/s: 9 rss: 80Mb\nDone 12345 runs in 9 second(s)\n";
        assert_eq!(outcome(log), "12345 runs, 67 edges, 89 features");
        assert_eq!(outcome(b"cannot open shared object"), "it did not begin");
    }
}
