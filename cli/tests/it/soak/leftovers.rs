//! Files that a stack leaves behind.

use std::path::{Path, PathBuf};

/// What in a folder was meant to be there for a moment only: what is being written, of whatever process.
pub(super) fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let (mut open, mut found) = (vec![folder.to_owned()], vec![]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                // The database server looks after its own.
                if name != "cluster" {
                    open.push(path);
                }
            } else if [".partial", ".tmp", ".new", ".sock"].iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found
}

/// Control groups of provers with these process ids.
pub(super) fn control_groups(pids: &[u32]) -> Vec<PathBuf> {
    let names: Vec<_> = pids.iter().map(|pid| format!("veilpass-prover-{pid}")).collect();
    let (mut open, mut found) = (vec![PathBuf::from("/sys/fs/cgroup")], vec![]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if names.iter().any(|name| entry.file_name() == **name) {
                    found.push(entry.path());
                }
                open.push(entry.path());
            }
        }
    }
    found
}

#[test]
fn a_file_that_was_being_written_is_found_wherever_it_is() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("snapshots")).unwrap();
    std::fs::write(dir.path().join("api.log"), "").unwrap();
    assert_eq!(unfinished(dir.path()), Vec::<PathBuf>::new());
    let partial = dir.path().join("snapshots/.tree.x.partial");
    std::fs::write(&partial, "").unwrap();
    assert_eq!(unfinished(dir.path()), [partial]);
}
