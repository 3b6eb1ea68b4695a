//! The committed programs, IDLs and lock against the sources that are here. Needs no SBF tools.
//!
//! The IDLs are not generated again (minutes on a cold machine): they are files of the lock like the programs, written by
//! the same build from the same sources. `./veilpass program idl --check` generates them.

#![expect(clippy::unwrap_used, reason = "a test panics")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use veilpass_artefacts::{LOCK_FILE, Lock, PROGRAMS, status};
use veilpass_circuit::{pin, workspace_root};

#[test]
fn the_committed_programs_are_those_of_the_sources() {
    let found = status(&workspace_root()).unwrap();
    assert!(found.is_empty(), "run ./veilpass program build, and commit what it writes:\n  {}", found.join("\n  "));
}

#[test]
fn every_program_and_every_idl_is_there() {
    let lock = Lock::read(&workspace_root()).unwrap();
    for program in PROGRAMS {
        let so = fs::read(workspace_root().join(program.so())).unwrap();
        assert_eq!(&so[..4], b"\x7fELF", "{}", program.name);
        let idl = fs::read(workspace_root().join(program.idl())).unwrap();
        let idl: serde_json::Value = serde_json::from_slice(&idl).unwrap();
        assert!(idl["address"].as_str().is_some_and(|address| address.len() >= 32), "{}", program.name);
        assert!(!lock.programs[program.name].dependencies.is_empty());
    }
}

/// What `status` says of a copy of this workspace, changed.
#[test]
fn a_changed_source_artefact_or_version_is_seen() {
    let copy = tempfile::tempdir().unwrap();
    copy_workspace(&workspace_root(), copy.path());
    assert_eq!(status(copy.path()).unwrap(), [""; 0], "a copy is as good");

    let changes = [
        ("crates/ultrahonk/src/lib.rs", "changed: crates/ultrahonk/src/lib.rs"),
        ("programs/veilpass/src/lib.rs", "changed: programs/veilpass/src/lib.rs"),
        ("programs/veilpass/veilpass.so", "programs/veilpass/veilpass.so is not the file that was built"),
        ("idls/veilpass.json", "idls/veilpass.json is not the file that was built"),
    ];
    for (path, expected) in changes {
        let path = copy.path().join(path);
        let before = fs::read(&path).unwrap();
        fs::write(&path, [&before[..], b"\n"].concat()).unwrap();
        let found = status(copy.path()).unwrap();
        assert_eq!(found, [format!("veilpass: {expected}")]);
        fs::write(&path, before).unwrap();
    }

    let path = copy.path().join(LOCK_FILE);
    let lock = fs::read_to_string(&path).unwrap();
    let anchor = format!("\"anchor-lang {} ", pin("ANCHOR_VERSION"));
    fs::write(&path, lock.replace(&anchor, "\"anchor-lang 0.0.1 ")).unwrap();
    let found = status(copy.path()).unwrap();
    assert_eq!(found.len(), 2 * PROGRAMS.len(), "gone and come, for each program: {found:?}");
    fs::write(&path, lock).unwrap();

    let path = copy.path().join("pins.env");
    let pins = fs::read_to_string(&path).unwrap();
    fs::write(&path, pins.replace("ANCHOR_VERSION=", "ANCHOR_VERSION=9")).unwrap();
    let found = status(copy.path()).unwrap();
    assert!(found.len() == 1 && found[0].contains("pins.env says ANCHOR_VERSION=9"), "{found:?}");
}

/// Every file that cargo and the lock read; not what git ignores.
fn copy_workspace(root: &Path, copy: &Path) {
    let mut open = vec![PathBuf::new()];
    while let Some(dir) = open.pop() {
        fs::create_dir_all(copy.join(&dir)).unwrap();
        for entry in fs::read_dir(root.join(&dir)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if [".git", "target", "node_modules"].iter().any(|skipped| name == *skipped) {
                continue;
            }
            let path = dir.join(name);
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else {
                fs::copy(root.join(&path), copy.join(&path)).unwrap();
            }
        }
    }
}
