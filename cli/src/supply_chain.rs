//! `veilpass supply-chain`: what Veilpass is made of, checked by `tools/supply-chain`. `./veilpass` runs that without
//! compiling this.

use std::process::{Command, ExitCode};

use anyhow::Context;
use veilpass_circuit::workspace_root;

/// `veilpass supply-chain`
#[derive(clap::Args, Clone, Debug)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// See `veilpass supply-chain --help`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Hands over to Node.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let status = check(&options.arguments).status().context("cannot run node")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The checks, with these arguments.
pub(crate) fn check<I: AsRef<str>>(arguments: &[I]) -> Command {
    let mut node = Command::new("node");
    node.arg("tools/supply-chain/check.mjs").args(arguments.iter().map(AsRef::as_ref));
    node.current_dir(workspace_root());
    node
}

/// The tests of the checks, and of what refuses another version than the pinned one.
pub(crate) fn tests() -> Command {
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=dot", "tools/supply-chain/"]).current_dir(workspace_root());
    node
}
