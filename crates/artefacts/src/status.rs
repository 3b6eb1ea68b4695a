//! Whether the committed artefacts belong to the sources that are here, by hashes alone.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::bail;

use crate::{
    dependencies,
    lock::{Artefact, Entry, Lock, changed_files, changed_lines},
    pins,
    program::{PROGRAMS, Program},
    sbf,
    sources::{self, Files},
};

/// What a program would be built from now.
pub(crate) struct Inputs {
    pub(crate) files: Files,
    pub(crate) packages: Vec<String>,
    pub(crate) dependencies: Vec<String>,
}

impl Inputs {
    pub(crate) fn of(root: &Path, program: &Program, also_reads: &[String]) -> anyhow::Result<Self> {
        let dependencies = dependencies::of(root, program)?;
        Ok(Self {
            files: sources::files(root, dependencies.own.keys(), also_reads)?,
            packages: dependencies.own.into_values().collect(),
            dependencies: dependencies.registry,
        })
    }
}

/// Every way in which the committed artefacts do not belong to the sources; none if they do.
pub fn differences(root: &Path) -> anyhow::Result<Vec<String>> {
    let lock = Lock::read(root)?;
    let mut found = pins::differences(root)?;
    let names: Vec<&str> = lock.programs.keys().map(String::as_str).collect();
    let known: BTreeMap<&str, &Program> = PROGRAMS.iter().map(|program| (program.name, program)).collect();
    if names != known.keys().copied().collect::<Vec<_>>() {
        found.push(format!("the lock has the programs {}", names.join(", ")));
    }
    if lock.settings != sbf::settings() {
        found.push("the build settings are not those of the lock".to_owned());
    }
    for (name, program) in known {
        if let Some(entry) = lock.programs.get(name) {
            found.extend(of_program(root, program, entry)?.into_iter().map(|line| format!("{name}: {line}")));
        }
    }
    Ok(found)
}

fn of_program(root: &Path, program: &Program, entry: &Entry) -> anyhow::Result<Vec<String>> {
    // A file that is gone would be an error of reading; it is a difference.
    let (there, gone): (Vec<_>, Vec<_>) = entry.also_reads.iter().cloned().partition(|path| root.join(path).exists());
    let mut found: Vec<String> = gone.into_iter().map(|path| format!("removed: {path}")).collect();
    let now = Inputs::of(root, program, &there)?;
    found.extend(changed_files(&entry.files, &now.files));
    if found.is_empty() && entry.sources != sources::total(&now.files) {
        found.push("the lock's hash of all sources is not that of its files".to_owned());
    }
    found.extend(changed_lines(&entry.packages, &now.packages));
    found.extend(changed_lines(&entry.dependencies, &now.dependencies));
    for (path, locked) in [(program.so(), &entry.so), (program.idl(), &entry.idl)] {
        match fs::read(root.join(&path)) {
            Ok(content) if Artefact::of(&path, &content) == *locked => {}
            Ok(_) => found.push(format!("{} is not the file that was built", path.display())),
            Err(error) => found.push(format!("{}: {error}", path.display())),
        }
    }
    Ok(found)
}

/// `veilpass program status`
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let found = differences(root)?;
    if !found.is_empty() {
        bail!(
            "the committed programs are not those of these sources:\n  {}\nrun ./veilpass program build, and commit what it writes",
            found.join("\n  ")
        );
    }
    for (name, entry) in Lock::read(root)?.programs {
        println!(
            "{name}: {} bytes, built from these {} files and {} dependencies",
            entry.so.bytes,
            entry.files.len(),
            entry.dependencies.len()
        );
    }
    Ok(())
}
