//! `veilpass program` as a program of its own, which compiles when the clients of an IDL do not.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use veilpass_artefacts::Command;

/// Build the on-chain programs and their IDLs, or check that the committed ones are up to date.
#[derive(Parser)]
#[command(name = "veilpass program", bin_name = "veilpass program", version, after_help = OTHERS)]
struct Cli {
    #[command(subcommand)]
    step: Step,
}

/// What `./veilpass` gives to its main binary, because it takes the clients.
const OTHERS: &str = "Also, with a --help of their own:
  deploy        Deploy a program to a chain, or upgrade it there; --dry-run says what it would do and cost
  close-buffer  Get the lamports back that an interrupted deployment left in its buffer";

#[derive(Subcommand)]
enum Step {
    #[command(flatten)]
    Command(Command),
    /// Print the IDL of the package in a folder.
    #[command(hide = true)]
    PrintIdl {
        dir: PathBuf,
        #[arg(long)]
        target_dir: PathBuf,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().step {
        Step::Command(command) => veilpass_artefacts::run(&command),
        Step::PrintIdl { dir, target_dir } => {
            veilpass_artefacts::print_idl(dir, &target_dir).map(|()| ExitCode::SUCCESS)
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
