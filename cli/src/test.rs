//! `veilpass test`: every check and every test, with the servers that they need.

use std::{
    path::Path,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, bail};
use veilpass_circuit::workspace_root;

use crate::{
    circuits,
    stack::{LocalChain, PostgresServer, open_to_server},
    supply_chain,
};

/// `veilpass test`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Only the tests whose name contains this (passed to nextest), without the other checks.
    filter: Option<String>,
    /// Also the tests that take minutes: processes killed a hundred times.
    #[arg(long)]
    long: bool,
}

/// Runs the checks from the quickest to the slowest; the tests come last, so that their summary ends the output.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let root = workspace_root();
    if options.filter.is_none() {
        step("format", || cargo(&root, &["fmt", "--all", "--check"]))?;
        step("licences, bans, sources", || cargo(&root, &["deny", "check", "licenses", "bans", "sources"]))?;
        step("supply chain", || {
            run_to_end(&mut supply_chain::check(&["--quick"]))?;
            run_to_end(&mut supply_chain::tests())
        })?;
        step("circuit artefacts", || circuits::run(circuits::Command::Build { check: true }).map(drop))?;
        step("on-chain programs", || veilpass_artefacts::run(&veilpass_artefacts::Command::Status).map(drop))?;
        step("documents", || run_to_end(Command::new("node").arg("docs/check.mjs").current_dir(&root)))?;
        step("infrastructure", || run_to_end(Command::new("bash").arg("infra/check.sh").current_dir(&root)))?;
        step("SDK and pages", || {
            run_to_end(Command::new("npm").args(["run", "--silent", "check"]).current_dir(&root))
        })?;
        step("lints", || {
            cargo(&root, &["clippy", "--release", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
        })?;
        step("documentation", || {
            let mut command = cargo_command(&root, &["doc", "--release", "--workspace", "--no-deps", "--locked"]);
            run_to_end(command.env("RUSTDOCFLAGS", "-D warnings"))
        })?;
    }
    // The end-to-end tests start the real binaries, and a chain.
    let local_chain = step("local chain", LocalChain::build)?;
    step("build", || cargo(&root, &["build", "--release", "--workspace", "--bins", "--locked"]))?;
    if options.filter.is_none() {
        step("demo", || {
            let data = tempfile::Builder::new().prefix("veilpass-demo-").tempdir()?;
            open_to_server(data.path())?;
            let mut demo = Command::new(std::env::current_exe()?);
            demo.args(["demo", "--once", "--data"]).arg(data.path().join("data"));
            run_to_end(&mut demo)
        })?;
    }

    let data = tempfile::Builder::new().prefix("veilpass-test-").tempdir()?;
    open_to_server(data.path())?;
    let server = PostgresServer::start(&data.path().join("postgres")).await?;
    let outcome = step("tests", || {
        let mut arguments =
            vec!["nextest", "run", "--workspace", "--cargo-profile", "release", "--locked", "--no-fail-fast"];
        if options.long {
            arguments.push("--run-ignored=all");
        }
        arguments.extend(options.filter.as_deref());
        let mut nextest = cargo_command(&root, &arguments);
        nextest.env("DATABASE_URL", server.url("postgres")).env("VEILPASS_LOCAL_CHAIN", &local_chain);
        run_to_end(&mut nextest)
    });
    server.stop().await;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    eprintln!("== {name}");
    let since = Instant::now();
    let done = work().with_context(|| format!("{name}: failed"))?;
    // nextest's summary stays the last line.
    if name != "tests" {
        eprintln!("== {name}: ok, {:.0} s", since.elapsed().as_secs_f64());
    }
    Ok(done)
}

fn cargo_command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root);
    command
}

fn cargo(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    run_to_end(&mut cargo_command(root, arguments))
}

fn run_to_end(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if status.success() { Ok(()) } else { bail!("ended with {status}") }
}
