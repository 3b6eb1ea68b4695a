//! The keys of a prover as files.
//!
//! The key file holds the one that clients are to seal to. A rotation keeps the one before beside it, under a name that says until
//! when clients may seal to it: all provers that share the folder see the same. Two minutes later, when the last jobs for it have
//! been proved, it is overwritten and removed by whoever notices first.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use veilpass_protocol::{ProverKeyId, unix_now};

use crate::key_file::{KeyFileError, create_key, load_or_create_key};

/// For how long a key is still opened after clients may no longer seal to it: for jobs that were queued at the last moment.
pub(crate) const LAST_JOBS: Duration = Duration::from_secs(120);
/// Follows the name of the key file in that of a key that retires; then Unix seconds.
const RETIRES: &str = ".retires-";
/// Follows it in that of the new key, while a rotation is under way.
const NEW: &str = ".new";

/// Draws a new key; clients may seal to the one before for `overlap`. Returns the new key's id, and when the old one retires.
/// Two rotations within a second are one too many.
pub(crate) fn rotate_key(file: &Path, overlap: Duration) -> Result<(ProverKeyId, u64), KeyFileError> {
    // There must be one, and it must be fit to be kept.
    load_or_create_key(file)?;
    let retires_at = unix_now() + overlap.as_secs();
    let (new, old) = (beside(file, NEW), beside(file, &format!("{RETIRES}{retires_at}")));
    // Of two rotations at once one finds the file of the other.
    let key = create_key(&new)?;
    // The old key keeps its bytes on the disk, and with the file they are overwritten when it has retired.
    let linked = fs::hard_link(file, &old);
    let is_linked = linked.is_ok();
    if let Err(source) = linked.and_then(|()| fs::rename(&new, file)) {
        wipe(&new);
        // Another name of the key that stays: whoever wipes it wipes that.
        if is_linked && let Err(error) = fs::remove_file(&old) {
            tracing::error!(file = %old.display(), %error, "remove this file by hand, without overwriting it");
        }
        return Err(KeyFileError::Io { path: file.to_owned(), source });
    }
    Ok((key.public_key().id(), retires_at))
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes a second name of the key file that a rotation left behind which was cut off: the next rotation would take it for an older
/// key, and wipe that file, which is its own old key by then. One that is under way has a file of the new key until it is done.
pub(crate) fn forget_second_name(file: &Path, second: &Path) {
    let inode = |path: &Path| fs::metadata(path).map(|metadata| metadata.ino()).ok();
    if beside(file, NEW).exists() || inode(file).is_none() || inode(file) != inode(second) {
        return;
    }
    match fs::remove_file(second) {
        Ok(()) => tracing::warn!(file = %second.display(), "forgot a rotation that was cut off"),
        Err(error) => {
            tracing::error!(file = %second.display(), %error, "a rotation that was cut off cannot be forgotten")
        }
    }
}

/// The files of keys that retire, and when.
pub(crate) fn retiring_files(file: &Path) -> Result<Vec<(u64, PathBuf)>, KeyFileError> {
    let io = |source| KeyFileError::Io { path: file.to_owned(), source };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prefix = format!("{}{RETIRES}", file.file_name().unwrap_or_default().to_string_lossy());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        if let Some(at) = name.to_str().and_then(|name| name.strip_prefix(&prefix)).and_then(|at| at.parse().ok()) {
            found.push((at, entry.path()));
        }
    }
    Ok(found)
}

/// Overwrites a file and removes it. On a file system that writes elsewhere than in place the old bytes may stay until they are
/// used again.
pub(crate) fn wipe(path: &Path) {
    let overwrite = || -> io::Result<()> {
        let length = fs::metadata(path)?.len();
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.write_all(&vec![b'0'; usize::try_from(length).unwrap_or(64)])?;
        file.sync_all()?;
        fs::remove_file(path)
    };
    match overwrite() {
        Ok(()) => tracing::info!(file = %path.display(), "a key was wiped"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::error!(file = %path.display(), %error, "a key cannot be wiped"),
    }
}
