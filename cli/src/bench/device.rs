//! A proof on a listener's device: the SDK's in headless Chromium, against a whole stack.

use std::process::Command;

use anyhow::{Context, ensure};
use veilpass_circuit::workspace_root;

use super::script;

/// `veilpass bench device`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Proofs after the first, for each number of threads.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u16).range(1..=1000))]
    proofs: u16,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let root = workspace_root();
    ensure!(
        root.join("node_modules/playwright-core").is_dir() && root.join("sdk/dist").is_dir(),
        "the SDK is not built in {}: ./veilpass bench device does that",
        root.display()
    );
    let mut command = Command::new("node");
    command
        .arg("test/browser/measure.mjs")
        .arg(options.proofs.to_string())
        .current_dir(root.join("sdk"))
        .env("VEILPASS_BIN", std::env::current_exe().context("the path of this program")?);
    script::run(&mut command, options.json)
}
