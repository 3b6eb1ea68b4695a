//! `veilpass`: see `--help`. Usually run as `./veilpass`, which installs what is missing first.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use veilpass_cli::{bench, circuits, demo, deploy, doctor, fuzz, generate, operator, supply_chain, test};

/// Prove "I own a token that unlocks this track" without saying which wallet or which token.
#[derive(Parser)]
#[command(name = "veilpass", version, after_help = "Start with: ./veilpass demo")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine: private Postgres, local chain, all services; prove and settle for one holder.
    Demo(demo::Options),
    /// Run every check and every test.
    Test(test::Options),
    /// Feed the verifiers, and every decoder of foreign bytes, with bytes that nobody thought of.
    Fuzz(fuzz::Options),
    /// Measure.
    #[command(subcommand)]
    Bench(bench::Command),
    /// Compile the circuit, or check that the committed artefacts are what it compiles to.
    #[command(subcommand)]
    Circuits(circuits::Command),
    /// Build the on-chain programs and their IDLs, check that the committed ones are up to date, or deploy them.
    #[command(subcommand)]
    Program(ProgramCommand),
    /// Create registries, and compare their roots everywhere.
    #[command(subcommand)]
    Registry(operator::Command),
    /// Bring a database to the schema of this version. Services never do that by themselves.
    Migrate(operator::MigrateOptions),
    /// Show the queue of proof jobs: open jobs, live provers, what was given up in the last day and why.
    Queue(operator::QueueOptions),
    /// Make an operator's key for /ops/v1 of the API: prints it once, and the setting that lets it in.
    OperatorKey(operator::KeyOptions),
    /// Write the files that are generated from code: api/openapi.json, config/veilpass.toml.
    Generate,
    /// Say what is installed, missing or mismatched on this machine.
    Doctor,
    /// Check licences, advisories, checksums and pinned versions of what this is made of; write bills of materials.
    SupplyChain(supply_chain::Options),
}

#[derive(Subcommand)]
enum ProgramCommand {
    #[command(flatten)]
    Artefacts(veilpass_artefacts::Command),
    /// Deploy a program to a chain, or upgrade it there. Says what it would do and cost, and asks.
    Deploy(deploy::Options),
    /// Get the lamports back that an interrupted deployment left in its buffer.
    CloseBuffer(deploy::CloseOptions),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The thread that runs `block_on` starts the child processes; they die with it (PR_SET_PDEATHSIG).
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be started");
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Demo(options) => demo::run(options).await,
            Command::Test(options) => test::run(options).await,
            Command::Fuzz(options) => fuzz::run(&options),
            Command::Bench(command) => bench::run(command).await,
            Command::Circuits(command) => circuits::run(command),
            Command::Program(ProgramCommand::Artefacts(command)) => veilpass_artefacts::run(&command),
            Command::Program(ProgramCommand::Deploy(options)) => deploy::run(options).await,
            Command::Program(ProgramCommand::CloseBuffer(options)) => deploy::close_buffer(options).await,
            Command::Registry(command) => operator::run(command).await,
            Command::Migrate(options) => operator::migrate(options).await,
            Command::Queue(options) => operator::show_queue(options).await,
            Command::OperatorKey(options) => operator::make_key(&options),
            Command::Generate => generate::run(),
            Command::Doctor => doctor::run(),
            Command::SupplyChain(options) => supply_chain::run(&options),
        }
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
