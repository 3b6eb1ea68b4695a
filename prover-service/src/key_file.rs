//! The file that holds a prover's private key.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use veilpass_sealing::ProverSecretKey;
use zeroize::Zeroizing;

/// The key file is not usable. Never repeats its content.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others may read it.
    #[error("{path} can be read by others (mode {mode:03o}): run chmod 600 on it, or better, replace the key")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It was there, and is not any more.
    #[error("{path} is gone: put the key back")]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// It does not hold a key.
    #[error("{path} does not hold a prover key: 64 hexadecimal digits")]
    Content {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the key; draws and writes one (mode 0600) if there is no such file.
pub(crate) fn load_or_create_key(path: &Path) -> Result<ProverSecretKey, KeyFileError> {
    match read_key(path)? {
        Some(key) => Ok(key),
        None => create_key(path),
    }
}

/// Reads the key; none if there is no such file.
pub(crate) fn read_key(path: &Path) -> Result<Option<ProverSecretKey>, KeyFileError> {
    let io = |source| KeyFileError::Io { path: path.to_owned(), source };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Permissions { path: path.to_owned(), mode });
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(io)?);
    let mut bytes = Zeroizing::new([0; 32]);
    let content = || KeyFileError::Content { path: path.to_owned() };
    hex::decode_to_slice(text.trim(), bytes.as_mut()).map_err(|_| content())?;
    // What is left of a key that was wiped.
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(content());
    }
    ProverSecretKey::from_bytes(&bytes).map(Some).map_err(|_| content())
}

/// Draws a key and writes it (mode 0600) where there is no file yet.
pub(crate) fn create_key(path: &Path) -> Result<ProverSecretKey, KeyFileError> {
    let io = |source| KeyFileError::Io { path: path.to_owned(), source };
    let key = ProverSecretKey::generate(&mut rand::rng());
    let text = Zeroizing::new(hex::encode(key.expose_bytes().as_slice()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_created_once_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let created = load_or_create_key(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(load_or_create_key(&path).unwrap().expose_bytes(), created.expose_bytes());

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(load_or_create_key(&path), Err(KeyFileError::Permissions { mode: 0o640, .. })));
    }

    #[test]
    fn a_damaged_file_is_refused_without_showing_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs::write(&path, "5ec4e7").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let error = load_or_create_key(&path).unwrap_err();
        assert!(matches!(error, KeyFileError::Content { .. }));
        assert!(!format!("{error} {error:?}").contains("5ec4e7"));
        fs::write(&path, "0".repeat(64)).unwrap();
        assert!(matches!(load_or_create_key(&path), Err(KeyFileError::Content { .. })), "a wiped one");
    }
}
