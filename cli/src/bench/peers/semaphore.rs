//! Semaphore v4 at depth 32, by its own packages in Node (tools/peers).

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, ensure};
use veilpass_circuit::cache_dir;

use crate::bench::script;

const SCRIPT: &str = include_str!("../../../../tools/peers/measure.mjs");
const MANIFEST: &str = include_str!("../../../../tools/peers/package.json");
const PACKAGE: &str = "@semaphore-protocol/core";

/// Where `./veilpass` installs it.
fn package_dir() -> PathBuf {
    let manifest: serde_json::Value = serde_json::from_str(MANIFEST).unwrap_or_default();
    let version = manifest["dependencies"][PACKAGE].as_str().unwrap_or_default();
    cache_dir().join(format!("semaphore-{version}"))
}

pub(super) fn measure(samples: u16, json: bool) -> anyhow::Result<()> {
    let dir = package_dir();
    let installed = dir.join("node_modules").join(PACKAGE);
    ensure!(installed.is_dir(), "{PACKAGE} is not in {}: ./veilpass bench peers installs it", dir.display());
    // It finds its packages beside itself.
    let path = dir.join("measure.mjs");
    fs::write(&path, SCRIPT).with_context(|| format!("cannot write {}", path.display()))?;
    script::run(Command::new("node").arg(&path).arg("--samples").arg(samples.to_string()), json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_installed_in_a_folder_of_its_version() {
        let name = package_dir().file_name().unwrap().to_string_lossy().into_owned();
        let version = name.strip_prefix("semaphore-").unwrap();
        assert!(version.starts_with("4.") && version.split('.').all(|part| part.parse::<u32>().is_ok()), "{name}");
    }
}
