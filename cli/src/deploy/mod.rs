//! `veilpass program deploy`: a program to a chain, by the upgradeable loader (loader v3).
//!
//! The program is written into a buffer by hundreds of transactions, and taken from there by one. A deployment that is
//! interrupted goes on in the same buffer, and writes what is missing.

mod buffer_key;
mod chain_state;
mod close;
mod cluster;
mod costs;
mod execute;
mod found;
mod options;
mod plan;
mod program_file;
mod rpc;
mod send;
mod show;
mod steps;
mod upload;

use std::process::ExitCode;

use anyhow::{anyhow, ensure};
use buffer_key::{BufferKey, BufferKeys};
pub use close::run as close_buffer;
pub use cluster::Cluster;
use costs::Lamports;
use found::Found;
pub use options::{CloseOptions, Options};
use plan::{Action, Plan};
use program_file::ProgramFile;
pub use program_file::ProgramName;
use send::Sender;
use serde::Serialize;
use steps::Job;

/// How a deployment ended.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    WouldDo,
    NothingToDo,
    Done,
}

/// Deploys, or says what it would do.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let (payer, authority) = options.keys.read()?;
    let (address, program_key) = options.address.read()?;
    let cluster = options.chain.cluster;
    let file = ProgramFile::read(options.program, options.so.as_deref())?;
    let warnings = file.admit(&address, cluster)?;
    let (rpc, genesis_hash) = options.chain.connect().await?;
    let sender = Sender { rpc: &rpc, payer: payer.signer(), max_price: options.keys.max_price };
    let keys = match options.dry_run {
        true => BufferKeys::look(&genesis_hash, &address),
        false => BufferKeys::hold(&genesis_hash, &address)?,
    };
    let (kept, buffer) = (keys.kept()?, keys.of(&file.sha256)?);
    let program_key = program_key.as_ref();
    let job = Job { file: &file, address, program_key, payer: &payer, authority: &authority, buffer: &buffer.key };
    let found = Found::read(&sender, &job, &kept).await?;
    let plan = Plan::make(&sender, &job, &found, cluster, options.finalize, warnings).await?;
    let say = |text: &str| if options.json { eprintln!("{text}") } else { println!("{text}") };
    say(&plan.text());

    let first = plan.first(&job, &sender, &found)?;
    let outcome = if let Some(first) = first {
        let Lamports { needed, balance, .. } = plan.lamports;
        ensure!(
            balance >= needed,
            "the fee payer {} has {balance} lamports and needs {needed}: send it {} more",
            plan.fee_payer,
            needed - balance
        );
        sender.simulate(&first).await?;
        say(&format!("\nSimulated: {} succeeds.", first.what));
        if options.dry_run {
            say("A dry run: nothing was sent.");
            Outcome::WouldDo
        } else {
            ask(&options, &plan)?;
            carry_out(&sender, &job, &plan, &buffer, &kept).await?;
            say(&format!("{} is on {}, byte for byte as in the file.", plan.program_id, cluster.name()));
            Outcome::Done
        }
    } else {
        say("Nothing to do.");
        Outcome::NothingToDo
    };
    if options.json {
        println!("{}", serde_json::json!({ "outcome": outcome, "plan": plan }));
    }
    Ok(ExitCode::SUCCESS)
}

fn ask(options: &Options, plan: &Plan) -> anyhow::Result<()> {
    if options.yes {
        return Ok(());
    }
    if plan.action != Action::Nothing {
        show::confirm("\nDeploy?", "yes")?;
    }
    if plan.finalize {
        show::confirm("\nNobody will ever be able to change or close this program.", &plan.program_id)?;
    }
    Ok(())
}

/// Does what is planned. An error says how to go on.
async fn carry_out(
    sender: &Sender<'_>,
    job: &Job<'_>,
    plan: &Plan,
    buffer: &BufferKey,
    kept: &[BufferKey],
) -> anyhow::Result<()> {
    if plan.action != Action::Nothing {
        buffer.keep()?;
        let outcome = tokio::select! {
            outcome = execute::deploy(sender, job, plan, kept) => outcome,
            _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
        };
        outcome.map_err(|error| {
            anyhow!(
                "{error:#}\nWhat was written stays in the buffer {}: run the same command again to go on, or get its \
                 lamports back by ./veilpass program close-buffer --program-id {} (with the same --cluster, --rpc and keys)",
                plan.buffer,
                plan.program_id
            )
        })?;
        buffer.forget()?;
    }
    if plan.finalize {
        execute::finalize(sender, job).await?;
    }
    Ok(())
}
