//! Writing a snapshot, all or nothing.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::Path,
    time::Duration,
};

use veilpass_protocol::{Node, RegistryId};

use super::{
    SnapshotError, SnapshotProblem,
    format::{BUFFER_NODES, Header, NODE_BYTES, encode_node},
};
use crate::tree::MerkleTree;

const PARTIAL_SUFFIX: &str = ".partial";

/// No write takes this long, so an older partial file belongs to a process that was killed.
const ABANDONED_AFTER: Duration = Duration::from_secs(600);

/// Writes the tree of a registry to `path`, replacing what is there only when the new file is complete and on the disk.
/// `change_seq` is the last change of the registry that the tree contains. Needs 64 KiB beside the tree.
///
/// # Errors
/// [`SnapshotProblem::Io`]. The old file is then intact, unless only the last step failed (syncing the directory): the
/// new file is in place then, but may be undone by a power cut.
pub fn write_snapshot(
    path: impl AsRef<Path>,
    tree: &MerkleTree,
    registry_id: RegistryId,
    change_seq: u64,
) -> Result<(), SnapshotError> {
    let path = path.as_ref();
    let header = Header { registry_id, change_seq, leaf_count: tree.len() };
    replace_file(path, |file| write_to(file, &header, tree)).map_err(|problem| problem.at(path))
}

fn write_to(file: &mut File, header: &Header, tree: &MerkleTree) -> io::Result<()> {
    let mut hasher = blake3::Hasher::new();
    let mut write = |bytes: &[u8]| {
        hasher.update(bytes);
        file.write_all(bytes)
    };
    write(&header.to_bytes())?;
    let mut buffer = Vec::with_capacity(BUFFER_NODES * NODE_BYTES);
    for nodes in tree.levels.iter().flat_map(|level: &[Node]| level.chunks(BUFFER_NODES)) {
        buffer.resize(nodes.len() * NODE_BYTES, 0);
        for (bytes, node) in buffer.chunks_exact_mut(NODE_BYTES).zip(nodes) {
            encode_node(*node, bytes);
        }
        write(&buffer)?;
    }
    let checksum = hasher.finalize();
    file.write_all(checksum.as_bytes())
}

/// Replaces `path` by what `fill` writes, atomically and durably. A failure leaves no partial file.
fn replace_file(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), SnapshotProblem> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    remove_abandoned(directory, &prefix);

    let mut file = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(PARTIAL_SUFFIX)
        .tempfile_in(directory)
        .map_err(SnapshotProblem::io("create a file beside it"))?;
    fill(file.as_file_mut()).map_err(SnapshotProblem::io("write it"))?;
    file.as_file().sync_all().map_err(SnapshotProblem::io("sync it"))?;
    file.persist(path).map_err(|error| SnapshotProblem::io("replace it")(error.error))?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(SnapshotProblem::io("sync its directory"))
}

/// Removes the partial files of killed processes, so that they cannot fill the disk. Failing to is no reason not to
/// write the snapshot.
fn remove_abandoned(directory: &Path, prefix: &OsString) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let is_partial = name.starts_with(prefix.as_encoded_bytes()) && name.ends_with(PARTIAL_SUFFIX.as_bytes());
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_partial && age().is_some_and(|age| age > ABANDONED_AFTER) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_write_that_fails_halfway_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tree");
        fs::write(&path, "old").unwrap();
        let result = replace_file(&path, |file| {
            file.write_all(b"half of the new")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(matches!(result, Err(SnapshotProblem::Io { action: "write it", .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(directory.path()), ["tree"]);
    }

    #[test]
    fn only_old_partial_files_of_the_same_snapshot_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let long_ago = SystemTime::now() - 2 * ABANDONED_AFTER;
        for (name, modified) in [
            (".tree.abandoned.partial", long_ago),
            (".tree.inwork.partial", SystemTime::now()),
            (".other.abandoned.partial", long_ago),
            ("tree.keep", long_ago),
        ] {
            File::create(directory.path().join(name)).unwrap().set_modified(modified).unwrap();
        }
        replace_file(&directory.path().join("tree"), |file| file.write_all(b"new")).unwrap();
        assert_eq!(names(directory.path()), [".other.abandoned.partial", ".tree.inwork.partial", "tree", "tree.keep"]);
    }
}
