//! What befell whom: one line each in `<program>.log`, `start PID` or `FAULT PID`.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::value::StrDeserializer};

use super::plan::{BbFault, beside};

/// Writes about one process. Lines of several do not mix: each is appended at once.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    pid: u32,
}

impl Journal {
    pub(super) fn open(program: &Path) -> io::Result<Self> {
        let path = beside(program, ".log");
        let file = File::options().create(true).append(true).open(&path)?;
        Ok(Self { path, file, pid: std::process::id() })
    }

    /// Records a start. Returns its number among all starts of the program: what makes the draws of a process its own.
    pub(super) fn start(&mut self) -> io::Result<u64> {
        let line = format!("start {}", self.pid);
        writeln!(self.file, "{line}")?;
        let text = fs::read_to_string(&self.path)?;
        let upto = text.rfind(&line).unwrap_or_default();
        Ok(text[..upto].lines().filter(|line| line.starts_with("start ")).count() as u64)
    }

    pub(super) fn befell(&mut self, fault: BbFault) -> io::Result<()> {
        writeln!(self.file, "{} {}", serde_json::to_value(fault)?.as_str().unwrap_or_default(), self.pid)
    }
}

pub(super) fn count(program: &Path) -> BTreeMap<BbFault, usize> {
    let mut counts = BTreeMap::new();
    for line in fs::read_to_string(beside(program, ".log")).unwrap_or_default().lines() {
        let name = line.split(' ').next().unwrap_or_default();
        if let Ok(fault) = BbFault::deserialize(StrDeserializer::<serde::de::value::Error>::new(name)) {
            *counts.entry(fault).or_default() += 1;
        }
    }
    counts
}
