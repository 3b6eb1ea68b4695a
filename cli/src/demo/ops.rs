//! The operators' page of the demo.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use veilpass_circuit::workspace_root;

use crate::operator::OperatorKey;

/// Metrics and health of each service, on a free port of this machine.
pub(super) const OPS: [&str; 2] = ["--ops-listen", "127.0.0.1:0"];

/// A key of the demo's operator, new with each run.
pub(super) struct OpsAccess {
    setting: String,
    key_file: PathBuf,
    pages: Option<String>,
}

/// What operators open.
pub(super) struct OpsAddress {
    /// The page, if it is built; else what it would show.
    pub(super) url: String,
    /// File with the key, of mode 0600.
    pub(super) key_file: PathBuf,
}

impl OpsAccess {
    /// Makes a key and writes it into this folder.
    pub(super) fn open(dir: &Path) -> anyhow::Result<Self> {
        let key = OperatorKey::new("demo")?;
        let key_file = dir.join("operator.key");
        let _ = std::fs::remove_file(&key_file);
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&key_file)?;
        file.write_all(key.expose().as_bytes())?;
        let pages = workspace_root().join("web/dist/ops");
        let pages = pages.join("index.html").is_file().then(|| pages.to_string_lossy().into_owned());
        Ok(Self { setting: key.setting(), key_file, pages })
    }

    /// What the API is told of the key.
    pub(super) fn setting(&self) -> &str {
        &self.setting
    }

    /// More flags of the API.
    pub(super) fn flags(&self) -> Vec<&str> {
        let pages = self.pages.iter().flat_map(|pages| ["--ops-pages", pages.as_str()]);
        OPS.into_iter().chain(pages).collect()
    }

    /// Where the API, whose log this is, serves operators.
    pub(super) fn address(self, api_log: &Path) -> anyhow::Result<Option<OpsAddress>> {
        let log = std::fs::read_to_string(api_log).context("the API's log")?;
        let address = log.lines().find_map(|line| line.strip_prefix("ops listening on "));
        let path = if self.pages.is_some() { "/ops/" } else { "/ops/v1/health" };
        Ok(address.map(|address| OpsAddress { url: format!("{}{path}", address.trim()), key_file: self.key_file }))
    }
}
