//! Cargo's target folder of a program, which all checkouts on a machine share.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use veilpass_circuit::cache_dir;

/// The folder, held against other builds in it until dropped.
pub(crate) struct Target {
    dir: PathBuf,
    _lock: fs::File,
}

impl Target {
    /// Makes the folder `name` of the cache, waits for whoever holds it, and makes cargo compile `packages` again.
    ///
    /// Cargo knows a package by its place in the workspace and by times, so it would take what another checkout compiled.
    /// What comes from a registry is kept.
    pub(crate) fn hold(name: &str, packages: &[String]) -> anyhow::Result<Self> {
        let dir = cache_dir().join(name);
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let lock = fs::File::create(dir.join(".veilpass-lock"))?;
        lock.lock()?;
        forget(&dir, packages)?;
        Ok(Self { dir, _lock: lock })
    }

    /// For cargo.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the compiler read since, in make's syntax.
    pub(crate) fn dep_info(&self) -> anyhow::Result<String> {
        dep_info(&self.dir)
    }
}

fn forget(target: &Path, packages: &[String]) -> anyhow::Result<()> {
    for release in release_folders(target) {
        for file in entries(&release).into_iter().filter(|file| is_dep_info(file)) {
            fs::remove_file(file)?;
        }
        for print in entries(&release.join(".fingerprint")) {
            let name = print.file_name().unwrap_or_default().to_string_lossy();
            if name.rsplit_once('-').is_some_and(|(package, _)| packages.iter().any(|own| own == package)) {
                fs::remove_dir_all(print)?;
            }
        }
    }
    Ok(())
}

fn dep_info(target: &Path) -> anyhow::Result<String> {
    let files = release_folders(target).into_iter().flat_map(|release| entries(&release));
    Ok(files.filter(|file| is_dep_info(file)).map(fs::read_to_string).collect::<Result<Vec<_>, _>>()?.join("\n"))
}

fn is_dep_info(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "d") && file.is_file()
}

/// `release` of the host and of the chain's target; the kit has its stamp above them.
fn release_folders(target: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![(target.to_owned(), 0)];
    while let Some((dir, depth)) = open.pop() {
        for path in entries(&dir).into_iter().filter(|path| path.is_dir()) {
            if path.ends_with("release") {
                found.push(path);
            } else if depth < 2 {
                open.push((path, depth + 1));
            }
        }
    }
    found
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_packages_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let release = dir.path().join("sbf-1/sbpf/release");
        for name in ["own-0123456789abcdef", "own-macros-0123456789abcdef", "serde-0123456789abcdef"] {
            fs::create_dir_all(release.join(".fingerprint").join(name)).unwrap();
        }
        fs::write(release.join("own.d"), "own.so: a.rs").unwrap();
        assert_eq!(dep_info(dir.path()).unwrap(), "own.so: a.rs");
        forget(dir.path(), &["own".to_owned()]).unwrap();
        assert_eq!(dep_info(dir.path()).unwrap(), "");
        let mut left: Vec<_> = entries(&release.join(".fingerprint"));
        left.sort();
        let names: Vec<_> = left.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["own-macros-0123456789abcdef", "serde-0123456789abcdef"]);
    }
}
