//! The one secret that replicas of the API share. Every other key of theirs is derived from it.

use std::fmt;

use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use zeroize::Zeroizing;

/// 32 bytes from which keys are derived. Cannot be printed; wiped when dropped.
pub struct MasterKey(SecretBox<[u8; 32]>);

/// The text is not 64 hexadecimal digits. Says nothing about what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 64 hexadecimal digits (32 bytes): make one with `openssl rand -hex 32`")]
pub struct ParseMasterKeyError;

impl MasterKey {
    /// Takes the 32 bytes of a master key.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// Parses 64 hexadecimal digits; white space around them is ignored.
    pub fn from_hex(text: &str) -> Result<Self, ParseMasterKeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), bytes.as_mut()).map_err(|_| ParseMasterKeyError)?;
        Ok(Self::new(*bytes))
    }

    /// The key for one purpose: 32 bytes of HKDF-SHA256 (RFC 5869) without salt, with the label as info.
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.expose_secret())
            .expand(label.as_bytes(), key.as_mut())
            .expect("HKDF gives up to 8,160 bytes");
        key
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_different_purposes_differ() {
        let master = MasterKey::from_hex(&format!(" {}\n", "ab".repeat(32))).unwrap();
        assert_eq!(master.derive("a"), MasterKey::new([0xab; 32]).derive("a"));
        assert_ne!(master.derive("a"), master.derive("b"));
        assert_ne!(master.derive("a"), MasterKey::new([0xac; 32]).derive("a"));
        // HKDF-SHA256 of 32 bytes 0xab, no salt, info "a"; computed with Python's `hmac`.
        assert_eq!(hex::encode(master.derive("a").as_slice()), EXPECTED);
    }

    const EXPECTED: &str = "c017afbfa8a8552e685a749cb824572e92032e9322653d01bff51a0ef75e6655";

    #[test]
    fn a_master_key_does_not_print_even_when_it_does_not_parse() {
        let text = "not a master key";
        let error = MasterKey::from_hex(text).unwrap_err();
        assert!(!format!("{error:?} {:?}", MasterKey::new([7; 32])).contains(text));
        assert!(MasterKey::from_hex(&"ab".repeat(31)).is_err());
    }
}
