//! `veilpass demo`: everything on one machine, one proof settled on chain and others here, with what must be refused.

mod chain;
mod environment;
mod figures;
mod listener;
mod ops;
mod room;
mod scenario;
mod secrets;
mod services;
mod settlement;
mod token;

use std::{path::PathBuf, process::ExitCode};

use environment::Environment;
use figures::Figures;
use secrets::Secrets;

/// `veilpass demo`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Number of demo holders to enrol, over three tracks.
    #[arg(long, default_value = "10000", value_parser = clap::value_parser!(u64).range(4..=4_000_000))]
    pub leaves: u64,
    /// Exit when the scenario is done, instead of serving on.
    #[arg(long)]
    pub once: bool,
    /// Folder for the private Postgres cluster, logs and snapshots. Default: under the user's cache.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Use this Postgres database instead of a private server. The demo adds a registry to it and deletes nothing.
    #[arg(long, env = "VEILPASS_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// RPC of a cluster that has the program, instead of a local chain. Needs --ws and --fee-payer.
    #[arg(long, env = "VEILPASS_RPC_URL", hide_env_values = true, value_name = "URL", requires_all = ["ws", "fee_payer"])]
    pub rpc: Option<String>,
    /// WebSocket of that cluster.
    #[arg(long, env = "VEILPASS_WS_URL", hide_env_values = true, value_name = "URL", requires = "rpc")]
    pub ws: Option<String>,
    /// File with the key that pays on that cluster, as solana-keygen writes it, of mode 0600. Default: a key of the demo's
    /// own, with play money of the local chain.
    #[arg(long, env = "VEILPASS_FEE_PAYER_FILE", value_name = "FILE")]
    pub fee_payer: Option<PathBuf>,
    /// Port of the API; 0 takes a free one.
    #[arg(long, default_value = "0")]
    pub port: u16,
    /// Port of the listening room; 0 takes a free one.
    #[arg(long, default_value = "0")]
    pub room_port: u16,
    /// Use this bb binary; its version must be the pinned one.
    #[arg(long, env = "VEILPASS_BB", value_name = "FILE")]
    pub bb: Option<PathBuf>,
    /// What the services log, as RUST_LOG: `trace` for all. Secrets are in no log, whatever the level.
    #[arg(long, value_name = "FILTER")]
    pub log_filter: Option<String>,
    /// Write every secret that the demo uses to this new file: for a test that looks for them in the logs.
    #[arg(long, value_name = "FILE", hide = true)]
    pub secrets_file: Option<PathBuf>,
}

/// Runs the demo. Whatever happens, Ctrl-C included, no process is left behind.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let mut figures = Figures::new(options.leaves);
    let mut environment = None;
    let outcome = tokio::select! {
        outcome = play(&options, &mut figures, &mut environment) => outcome,
        () = interrupted() => {
            eprintln!("interrupted: stopping what was started");
            Ok(ExitCode::from(130))
        }
    };
    if let Some(environment) = environment {
        environment.stop().await;
    }
    outcome
}

async fn play(
    options: &Options,
    figures: &mut Figures,
    environment: &mut Option<Environment>,
) -> anyhow::Result<ExitCode> {
    let secrets = Secrets::to_file(options.secrets_file.as_deref())?;
    Environment::start(options, figures, environment).await?;
    let Some(running) = environment else { anyhow::bail!("the environment did not start") };
    running.note_secrets(&secrets)?;
    scenario::run(running, figures, &secrets).await?;
    listener::run(running, figures, &secrets).await?;
    running.measure_memory(figures)?;
    println!("\n{}", figures.table());
    println!("{}", figures.last_line());
    if !options.once {
        match running.room_url() {
            Some(url) => println!("\nThe listening room is open: {url}"),
            None => println!("\nThe listening room is not built: npm ci && npm run build, or use ./veilpass demo"),
        }
        if let Some(ops) = running.ops() {
            println!("The operators' page: {}\nIts key is in {}", ops.url, ops.key_file.display());
        }
        println!(
            "\nThe API serves at {}, the chain at {} and {}; logs are in {}. Ctrl-C stops everything.",
            running.url(),
            running.chain()?.urls().0,
            running.chain()?.urls().1,
            running.log_dir().display()
        );
        running.watch().await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The first Ctrl-C or SIGTERM.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a signal handler can be installed");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
