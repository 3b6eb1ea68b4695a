//! Reading the master key.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, ensure};
use secrecy::{ExposeSecret, SecretString};
use veilpass_protocol::MasterKey;
use zeroize::Zeroizing;

use crate::config::Config;

/// The master key of the settings, if there is one.
///
/// # Errors
/// If it does not parse, or its file is missing or can be read by others. No error quotes it.
pub(crate) fn master_key(config: &Config) -> anyhow::Result<Option<MasterKey>> {
    let Config { master_key, master_key_file, .. } = config;
    match (master_key, master_key_file) {
        (Some(key), _) => parse(key).context("--master-key").map(Some),
        (None, Some(file)) => read(file).with_context(|| format!("--master-key-file {}", file.display())).map(Some),
        (None, None) => Ok(None),
    }
}

fn parse(key: &SecretString) -> anyhow::Result<MasterKey> {
    Ok(MasterKey::from_hex(key.expose_secret())?)
}

fn read(file: &Path) -> anyhow::Result<MasterKey> {
    let metadata = fs::metadata(file).context("make one with: (umask 077; openssl rand -hex 32 > FILE)")?;
    let mode = metadata.permissions().mode();
    ensure!(mode & 0o077 == 0, "others may read it (mode {:o}): chmod 600", mode & 0o777);
    let text = Zeroizing::new(fs::read_to_string(file)?);
    Ok(MasterKey::from_hex(&text)?)
}
