//! What a program is built from, as hashes of files.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use sha2::{Digest, Sha256};

/// Paths from the workspace's folder, and the SHA-256 of what is there.
pub(crate) type Files = BTreeMap<String, String>;

/// The name under which [`files`] lists the parts of the workspace's manifest that reach the compiler.
const ROOT_MANIFEST: &str = "Cargo.toml [workspace.package], [profile], [patch]";

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The sources in these package folders: `Cargo.toml`, `build.rs` and all of `src`; then the files in `also`. Tests,
/// benches, examples and prose are no part of a program.
pub(crate) fn files<'a>(
    root: &Path,
    packages: impl IntoIterator<Item = &'a PathBuf>,
    also: &[String],
) -> anyhow::Result<Files> {
    let mut paths: Vec<PathBuf> = also.iter().map(PathBuf::from).collect();
    for package in packages {
        paths.extend(["Cargo.toml", "build.rs"].map(|file| package.join(file)).into_iter().filter(|file| {
            // Only a build script may be missing.
            file.ends_with("Cargo.toml") || root.join(file).exists()
        }));
        walk(root, &package.join("src"), &mut paths)?;
    }
    let mut files = Files::new();
    for path in paths {
        let bytes = fs::read(root.join(&path)).with_context(|| format!("cannot read {}", path.display()))?;
        files.insert(path.to_string_lossy().into_owned(), sha256(&bytes));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).context("cannot read Cargo.toml")?;
    files.insert(ROOT_MANIFEST.to_owned(), sha256(compiler_settings(&manifest).as_bytes()));
    Ok(files)
}

fn walk(root: &Path, dir: &Path, paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(root.join(dir)).with_context(|| format!("cannot read {}", dir.display()))? {
        let entry = entry?;
        let path = dir.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            walk(root, &path, paths)?;
        } else if !is_prose(&path) {
            paths.push(path);
        }
    }
    Ok(())
}

fn is_prose(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "md")
}

/// The sections of the workspace's manifest that change how a member is compiled.
fn compiler_settings(manifest: &str) -> String {
    let mut relevant = false;
    let mut settings = String::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[') {
            relevant = ["workspace.package", "profile", "patch"].iter().any(|name| section.starts_with(name));
        }
        if relevant {
            settings.push_str(line);
            settings.push('\n');
        }
    }
    settings
}

/// One hash over all.
pub(crate) fn total(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for (path, hash) in files {
        hasher.update(format!("{hash}  {path}\n"));
    }
    hex::encode(hasher.finalize())
}

/// The files of the workspace that the compiler read (`include_bytes!` and its like), beyond those known; by the
/// dep-info that cargo left.
pub(crate) fn read_beyond(root: &Path, dep_info: &str, known: &Files) -> Vec<String> {
    // Make's syntax: `target: file file`, with a backslash before a space of a name.
    let names = dep_info.replace("\\ ", "\0");
    let names = names.lines().filter_map(|line| line.split_once(": ")).flat_map(|(_, names)| names.split_whitespace());
    let mut beyond: Vec<String> = names
        .filter_map(|name| {
            let name = name.replace('\0', " ");
            let path = Path::new(&name).strip_prefix(root).ok()?;
            (!is_prose(path)).then(|| path.to_string_lossy().into_owned())
        })
        .filter(|path| !known.contains_key(path))
        .collect();
    beyond.sort();
    beyond.dedup();
    beyond
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_compiled_counts() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let hash = || total(&files(dir.path(), &[PathBuf::from("a")], &["data/key".to_owned()]).unwrap());
        put("Cargo.toml", "[workspace]\nmembers = [\"a\"]\n[workspace.package]\nedition = \"2024\"\n");
        put("a/Cargo.toml", "[package]");
        put("a/src/deep/lib.rs", "one");
        put("data/key", "key");
        let first = hash();
        for (path, text) in [
            ("a/tests/it.rs", "x"),
            ("a/README.md", "x"),
            ("a/src/notes.md", "x"),
            ("a/a.so", "x"),
            ("Cargo.toml", "[workspace]\nmembers = []\n# prose\n[workspace.package]\nedition = \"2024\"\n"),
        ] {
            put(path, text);
            assert_eq!(hash(), first, "{path}");
        }
        for (path, text) in [
            ("a/src/deep/lib.rs", "two"),
            ("a/src/new.rs", ""),
            ("a/build.rs", "fn main() {}"),
            ("a/Cargo.toml", "[package]\n"),
            ("data/key", "another"),
            ("Cargo.toml", "[workspace.package]\nedition = \"2021\"\n"),
        ] {
            let before = hash();
            put(path, text);
            assert_ne!(hash(), before, "{path}");
        }
    }

    #[test]
    fn included_files_are_found() {
        let known = Files::from([("a/src/lib.rs".to_owned(), String::new())]);
        let dep_info = "/out/a.so: /w/a/src/lib.rs /w/data/the\\ key /w/a/README.md /cargo/x.rs\n\n/w/data/other:\n";
        assert_eq!(read_beyond(Path::new("/w"), dep_info, &known), ["data/the key"]);
    }
}
