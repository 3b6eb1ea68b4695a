//! Keys in files, as `solana-keygen` writes them: a JSON array of 64 numbers.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use zeroize::Zeroizing;

/// A key that signs. Shows its address only, and its secret is erased when it is dropped.
pub struct SigningKey(Keypair);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.address())
    }
}

/// A key file is not usable. Never repeats its content.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("the key file {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Others may read it.
    #[error("{path} can be read by others (mode {mode:03o}): run chmod 600 on it, or better, take a new key")]
    Permissions {
        /// The file.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// It is no key.
    #[error("{0} does not hold a Solana key: a JSON array of 64 numbers, as solana-keygen writes it")]
    Content(String),
}

impl SigningKey {
    /// Reads a key from a file of mode 0600 or less.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let name = path.display().to_string();
        let io = |source| KeyFileError::Io { path: name.clone(), source };
        let file = fs::File::open(path).map_err(io)?;
        let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Permissions { path: name, mode });
        }
        let text = Zeroizing::new(io::read_to_string(file).map_err(io)?);
        Self::parse(&text).ok_or(KeyFileError::Content(name))
    }

    /// Reads a key from a text, which came from `source`.
    pub fn from_text(text: &str, source: &str) -> Result<Self, KeyFileError> {
        Self::parse(text).ok_or_else(|| KeyFileError::Content(source.to_owned()))
    }

    /// Reads a key from a file, or makes one and writes it there if there is no file.
    pub fn read_or_create(path: &Path) -> Result<Self, KeyFileError> {
        if !path.exists() {
            Self::generate().write(path)?;
        }
        Self::read(path)
    }

    /// A new key, which is kept nowhere yet.
    pub fn generate() -> Self {
        Self(Keypair::new())
    }

    /// Writes the key to a new file of mode 0600. A file that is there is never overwritten.
    pub fn write(&self, path: &Path) -> Result<(), KeyFileError> {
        let io = |source| KeyFileError::Io { path: path.display().to_string(), source };
        let bytes = Zeroizing::new(self.0.to_bytes());
        let text = Zeroizing::new(format!("{:?}", bytes.as_slice()));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
    }

    fn parse(text: &str) -> Option<Self> {
        let numbers = text.trim().strip_prefix('[')?.strip_suffix(']')?;
        let mut bytes = Zeroizing::new([0_u8; 64]);
        let mut count = 0;
        for number in numbers.split(',') {
            *bytes.get_mut(count)? = number.trim().parse().ok()?;
            count += 1;
        }
        (count == bytes.len()).then_some(())?;
        Keypair::try_from(bytes.as_slice()).ok().map(Self)
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.0.pubkey()
    }

    /// What signs transactions.
    pub fn signer(&self) -> &Keypair {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_written_is_read_again_and_nothing_shows_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.json");
        let key = SigningKey::generate();
        key.write(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SigningKey::read(&path).unwrap().address(), key.address());
        assert_eq!(SigningKey::read_or_create(&path).unwrap().address(), key.address());
        assert!(SigningKey::read_or_create(&dir.path().join("another.json")).unwrap().address() != key.address());
        assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.address()));
        let again = SigningKey::generate().write(&path).unwrap_err();
        assert!(matches!(again, KeyFileError::Io { .. }), "{again}");
        assert_eq!(SigningKey::read(&path).unwrap().address(), key.address());
    }

    #[test]
    fn a_file_that_others_may_read_or_that_holds_no_key_is_refused_without_showing_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.json");
        let key = SigningKey::generate();
        key.write(&path).unwrap();
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = SigningKey::read(&path).unwrap_err();
            assert!(matches!(refused, KeyFileError::Permissions { mode: found, .. } if found == mode), "{refused}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let mut wrong = key.0.to_bytes();
        wrong[63] ^= 1;
        for text in ["", "[]", "[1,2,3]", "[300]", &format!("{wrong:?}"), &format!("{:?}", [0; 65])] {
            fs::write(&path, text).unwrap();
            let refused = SigningKey::read(&path).unwrap_err();
            assert!(matches!(refused, KeyFileError::Content(_)), "{refused}");
            assert!(text.len() < 3 || !refused.to_string().contains(text));
        }
    }
}
