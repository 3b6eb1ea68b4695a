//! `programs/programs.lock`: what the committed artefacts are, and what they were built from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::sources::{Files, sha256};

/// The lock, from the workspace's folder.
pub const LOCK_FILE: &str = "programs/programs.lock";

const ABOUT: &str = "Written by ./veilpass program build. After a merge, run it again instead of resolving conflicts.";

/// The whole lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    about: String,
    /// What built: its name, its version, its compiler.
    pub tool: Vec<String>,
    /// The build profile, as environment variables.
    pub settings: BTreeMap<String, String>,
    /// By the names of the programs.
    pub programs: BTreeMap<String, Entry>,
}

/// One program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The built program.
    pub so: Artefact,
    /// Its IDL.
    pub idl: Artefact,
    /// SHA-256 over `files`.
    pub sources: String,
    /// Files outside of the packages' sources that the compiler read.
    pub also_reads: Vec<String>,
    /// The workspace's packages in it, with their features.
    pub packages: Vec<String>,
    /// SHA-256 of each source.
    pub files: BTreeMap<String, String>,
    /// The registry's packages in it, with versions and features.
    pub dependencies: Vec<String>,
}

/// A committed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// From the workspace's folder.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its hash, in hex.
    pub sha256: String,
}

impl Artefact {
    pub(crate) fn of(path: &Path, content: &[u8]) -> Self {
        Self { path: path.to_string_lossy().into_owned(), bytes: content.len() as u64, sha256: sha256(content) }
    }
}

impl Lock {
    pub(crate) fn new(
        tool: Vec<String>,
        settings: BTreeMap<String, String>,
        programs: BTreeMap<String, Entry>,
    ) -> Self {
        Self { about: ABOUT.to_owned(), tool, settings, programs }
    }

    /// Reads the committed lock.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let text = fs::read(root.join(LOCK_FILE))
            .with_context(|| format!("cannot read {LOCK_FILE}: run ./veilpass program build"))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{LOCK_FILE} is not what this version writes: run ./veilpass program build"))
    }

    /// The file's content.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// What changed between two maps or lists, one line each, `-` for what is only in the lock.
pub(crate) fn changed_files(locked: &Files, now: &Files) -> Vec<String> {
    let names: BTreeSet<&String> = locked.keys().chain(now.keys()).collect();
    let line = |name: &&String| match (locked.get(*name), now.get(*name)) {
        (Some(before), Some(after)) if before == after => None,
        (Some(_), Some(_)) => Some(format!("changed: {name}")),
        (Some(_), None) => Some(format!("removed: {name}")),
        _ => Some(format!("added: {name}")),
    };
    names.iter().filter_map(line).collect()
}

/// The lines that only one of two lists has.
pub(crate) fn changed_lines(locked: &[String], now: &[String]) -> Vec<String> {
    let [locked, now] = [locked, now].map(|lines| lines.iter().collect::<BTreeSet<_>>());
    let gone = locked.difference(&now).map(|line| format!("locked: {line}"));
    gone.chain(now.difference(&locked).map(|line| format!("now: {line}"))).collect()
}
