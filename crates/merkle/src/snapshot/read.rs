//! Reading a snapshot, trusting nothing in it.

use std::{fs::File, io::Read, path::Path};

use veilpass_protocol::{RegistryId, TREE_DEPTH};

use super::{
    Snapshot, SnapshotError,
    error::{Damage, SnapshotProblem},
    format::{BUFFER_NODES, CHECKSUM_BYTES, HEADER_BYTES, Header, NODE_BYTES, decode_node},
};
use crate::{
    index::LeafIndex,
    levels::{Levels, width},
    tree::MerkleTree,
};

/// Reads the snapshot of a registry. Allocates the tree, 64 KiB, and nothing that the size of the file does not warrant.
///
/// # Errors
/// See [`SnapshotProblem`]; [`SnapshotError::is_missing`] if there is no such file.
pub fn read_snapshot(path: impl AsRef<Path>, registry_id: RegistryId) -> Result<Snapshot, SnapshotError> {
    let path = path.as_ref();
    read(path, registry_id).map_err(|problem| problem.at(path))
}

fn read(path: &Path, registry_id: RegistryId) -> Result<Snapshot, SnapshotProblem> {
    let mut file = File::open(path).map_err(SnapshotProblem::io("open it"))?;
    let file_bytes = file.metadata().map_err(SnapshotProblem::io("read its size"))?.len();

    let mut start = Vec::with_capacity(HEADER_BYTES);
    (&mut file).take(HEADER_BYTES as u64).read_to_end(&mut start).map_err(SnapshotProblem::io("read it"))?;
    let header = Header::parse(&start)?;
    if header.registry_id != registry_id {
        return Err(SnapshotProblem::OtherRegistry { found: header.registry_id });
    }
    let expected = header.file_bytes();
    if file_bytes < expected {
        return Err(Damage::Truncated { expected, found: file_bytes }.into());
    }
    if file_bytes > expected {
        return Err(Damage::TrailingBytes(file_bytes - expected).into());
    }

    let levels = read_levels(&mut file, &start, header.leaf_count)?;
    let index = LeafIndex::build(levels.leaves());
    let tree = MerkleTree { levels, index };
    check_last_path(&tree)?;
    Ok(Snapshot { tree, change_seq: header.change_seq })
}

/// Reads the nodes and the checksum that follow the header.
fn read_levels(file: &mut File, header: &[u8], leaf_count: u64) -> Result<Levels, SnapshotProblem> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(header);
    let mut levels = [const { Vec::new() }; TREE_DEPTH + 1];
    let mut buffer = vec![0; BUFFER_NODES * NODE_BYTES];
    for (level, nodes) in levels.iter_mut().enumerate() {
        let width = width(leaf_count, level) as usize;
        nodes.reserve_exact(width);
        while nodes.len() < width {
            let bytes = &mut buffer[..NODE_BYTES * BUFFER_NODES.min(width - nodes.len())];
            // The length was checked, so an early end means that somebody shortens the file meanwhile.
            file.read_exact(bytes).map_err(SnapshotProblem::io("read it"))?;
            hasher.update(bytes);
            for bytes in bytes.as_chunks::<NODE_BYTES>().0 {
                nodes.push(decode_node(bytes)?);
            }
        }
    }
    let mut checksum = [0; CHECKSUM_BYTES];
    file.read_exact(&mut checksum).map_err(SnapshotProblem::io("read it"))?;
    if hasher.finalize() != checksum {
        return Err(Damage::Checksum.into());
    }
    Ok(Levels::from_consistent(levels))
}

/// Hashes one path, which costs nothing beside the rest and finds a file of a release that hashed differently, should
/// its version have stayed the same by mistake.
fn check_last_path(tree: &MerkleTree) -> Result<(), Damage> {
    let Some(last) = tree.len().checked_sub(1) else { return Ok(()) };
    let index = last as u32;
    match (tree.path(index), tree.leaf(index)) {
        (Some(path), Some(leaf)) if path.root(leaf) == tree.root() => Ok(()),
        _ => Err(Damage::Hashes),
    }
}
