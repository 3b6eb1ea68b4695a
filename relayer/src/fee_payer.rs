//! The key that pays, publishes and owns the proof buffers.

use std::{fmt, fs, os::unix::fs::PermissionsExt, path::Path};

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use zeroize::Zeroizing;

/// The fee payer. Shows its address only, and its secret is erased when it is dropped.
pub struct FeePayer(Keypair);

impl fmt::Debug for FeePayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeePayer({})", self.address())
    }
}

/// The key is not usable. Never repeats its content.
#[derive(Debug, thiserror::Error)]
pub enum FeePayerError {
    /// It cannot be read.
    #[error("the fee payer's key file {path} cannot be read: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Others may read it.
    #[error(
        "{path} can be read by others (mode {mode:03o}): run chmod 600 on it, or better, move the money to a new key"
    )]
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

impl FeePayer {
    /// Reads the key from a file of mode 0600.
    pub fn from_file(path: &Path) -> Result<Self, FeePayerError> {
        let name = path.display().to_string();
        let io = |source| FeePayerError::Io { path: name.clone(), source };
        let mode = fs::metadata(path).map_err(io)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(FeePayerError::Permissions { path: name, mode });
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(io)?);
        Self::parse(&text).ok_or(FeePayerError::Content(name))
    }

    /// Reads the key from a text, which came from `source`.
    pub fn from_text(text: &str, source: &str) -> Result<Self, FeePayerError> {
        Self::parse(text).ok_or_else(|| FeePayerError::Content(source.to_owned()))
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

    pub(crate) fn signer(&self) -> &Keypair {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused_without_showing_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.json");
        let key = Keypair::new();
        fs::write(&path, format!("{:?}", key.to_bytes())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(FeePayer::from_file(&path), Err(FeePayerError::Permissions { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let read = FeePayer::from_file(&path).unwrap();
        assert_eq!(read.address(), key.pubkey());
        assert_eq!(format!("{read:?}"), format!("FeePayer({})", key.pubkey()));

        for damaged in ["", "[]", "[1,2,3]", "[271]", "secret"] {
            let error = FeePayer::from_text(damaged, "the variable").unwrap_err();
            assert!(matches!(error, FeePayerError::Content(_)) && !error.to_string().contains("271"), "{damaged}");
        }
    }
}
