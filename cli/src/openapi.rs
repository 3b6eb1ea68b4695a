//! `veilpass openapi`: the API's document, from the API's own binary.

use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use veilpass_circuit::workspace_root;

use crate::stack::service_binary;

/// Writes api/openapi.json.
pub fn run() -> anyhow::Result<ExitCode> {
    let binary = service_binary("veilpass-openapi")?;
    let output = Command::new(&binary).output().with_context(|| format!("cannot run {}", binary.display()))?;
    ensure!(output.status.success(), "{} ended with {}", binary.display(), output.status);
    let file = workspace_root().join("api/openapi.json");
    if std::fs::read(&file).is_ok_and(|committed| committed == output.stdout) {
        println!("{} is up to date", file.display());
    } else {
        std::fs::write(&file, &output.stdout).with_context(|| format!("cannot write {}", file.display()))?;
        println!("wrote {}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}
