//! `veilpass generate`: the files that are written by code, and committed.

use std::{
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, ensure};
use veilpass_circuit::workspace_root;
use veilpass_settings::SERVICES;

use crate::stack::service_binary;

/// Comments at the head of the settings file.
const SETTINGS_HEAD: &str = "\
# Every setting of every service, as it is without this file. Written by `./veilpass generate`; a test holds it up to date.
#
# Use it with `--config FILE` or VEILPASS_CONFIG. Flags win over the environment, that over this file, this over the
# defaults. An unknown key is refused. `--print-config` shows what counts and where it is from, without secrets. Secrets are
# refused here: they belong in the environment, where a secrets manager puts them.

# What stands here holds for every service that has such a setting.
[shared]

";

/// Writes api/openapi.json and config/veilpass.toml.
pub fn run() -> anyhow::Result<ExitCode> {
    let root = workspace_root();
    write(&root.join("api/openapi.json"), &output("veilpass-openapi", &[])?)?;
    write(&root.join("config/veilpass.toml"), &default_settings()?)?;
    Ok(ExitCode::SUCCESS)
}

/// What config/veilpass.toml should be.
pub fn default_settings() -> anyhow::Result<String> {
    let mut text = SETTINGS_HEAD.to_owned();
    let tables = SERVICES.map(|service| output(&format!("veilpass-{service}"), &["--print-default-config"]));
    text.push_str(&tables.into_iter().collect::<anyhow::Result<Vec<_>>>()?.join("\n"));
    Ok(text)
}

fn output(binary: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let binary = service_binary(binary)?;
    let run = Command::new(&binary).args(arguments).output();
    let output = run.with_context(|| format!("cannot run {}", binary.display()))?;
    ensure!(output.status.success(), "{} ended with {}", binary.display(), output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no text", binary.display()))
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    if std::fs::read_to_string(file).is_ok_and(|committed| committed == text) {
        println!("{} is up to date", file.display());
        return Ok(());
    }
    std::fs::create_dir_all(file.parent().context("a file is in a folder")?)?;
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    println!("wrote {}", file.display());
    Ok(())
}
