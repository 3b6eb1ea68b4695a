//! Child processes whose outcome depends on this repository, not on the caller's environment.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};

/// Variables by which a caller's environment would change what is compiled.
const FOREIGN: [&str; 9] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "EXTRA_RUSTFLAGS",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    // rustup's proxies set it for every child; anchor-lang-idl 0.1.4 cannot take it.
    "RUSTUP_TOOLCHAIN",
];

/// A command in `dir` without the variables that would change what is compiled.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir);
    FOREIGN.iter().for_each(|name| _ = command.env_remove(name));
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PROFILE_")) {
        command.env_remove(name);
    }
    command
}

/// Runs to the end and returns what it printed; its complaints go where ours go.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().display().to_string();
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot run {name}"))?;
    ensure!(output.status.success(), "{name} ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}
