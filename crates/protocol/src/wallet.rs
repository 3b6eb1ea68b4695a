//! How a wallet is kept: as an HMAC under a pepper, because a bare hash of a public address can be guessed.

use std::fmt;

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::master_key::MasterKey;

/// The key of [`WalletHash`]: 32 bytes that the database does not hold. Cannot be printed; wiped when dropped.
pub struct Pepper(SecretBox<[u8; 32]>);

/// The text is not 64 hexadecimal digits. Says nothing about what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pepper is 64 hexadecimal digits (32 bytes)")]
pub struct ParsePepperError;

impl Pepper {
    /// Takes the 32 bytes of a pepper.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// The pepper of a deployment with this master key.
    pub fn derive(master_key: &MasterKey) -> Self {
        Self::new(*master_key.derive("veilpass.v1.wallet-pepper"))
    }

    /// Parses 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, ParsePepperError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| ParsePepperError)?;
        Ok(Self::new(bytes))
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(redacted)")
    }
}

/// `HMAC-SHA256(pepper, wallet)`, 32 bytes.
#[derive(Clone, Copy, Eq)]
pub struct WalletHash([u8; 32]);

impl WalletHash {
    /// Hashes a wallet's 32-byte public key.
    pub fn new(pepper: &Pepper, wallet: &[u8; 32]) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(pepper.0.expose_secret()).expect("HMAC takes a key of any length");
        mac.update(wallet);
        Self(mac.finalize().into_bytes().into())
    }

    /// The hash's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for WalletHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for WalletHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WalletHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_hash_depends_on_wallet_and_pepper() {
        let pepper = Pepper::from_hex(&"ab".repeat(32)).unwrap();
        let hash = WalletHash::new(&pepper, &[1; 32]);
        assert_eq!(hash, WalletHash::new(&Pepper::new([0xab; 32]), &[1; 32]));
        assert_ne!(hash, WalletHash::new(&pepper, &[2; 32]));
        assert_ne!(hash, WalletHash::new(&Pepper::new([0xac; 32]), &[1; 32]));
    }

    /// Peppers cannot change without losing every wallet that is known. Computed by Node's `crypto`.
    #[test]
    fn the_pepper_of_a_master_key_is_fixed() {
        let hash = WalletHash::new(&Pepper::derive(&MasterKey::new([9; 32])), &[1; 32]);
        assert_eq!(hex::encode(hash.as_bytes()), "d9600c73fa26707fca784a327c1a32d91273b19fb0dbfd7ed02670638488657d");
    }

    #[test]
    fn a_pepper_does_not_print_even_when_it_does_not_parse() {
        let text = "not a pepper";
        let error = Pepper::from_hex(text).unwrap_err();
        assert!(!format!("{error} {error:?} {:?}", Pepper::new([7; 32])).contains(text));
    }
}
