//! How a wallet is kept: as an HMAC under a pepper, because a bare hash of a public address can be guessed.

use std::fmt;

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::master_key::MasterKey;

/// The key of [`WalletHash`]: 32 bytes that the database does not hold. Cannot be printed; wiped when dropped.
pub struct Pepper(SecretBox<[u8; 32]>);

impl Pepper {
    /// Takes the 32 bytes of a pepper.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// The pepper of a deployment with this master key.
    pub fn derive(master_key: &MasterKey) -> Self {
        Self::new(*master_key.derive("veilpass.v1.wallet-pepper"))
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
        let pepper = Pepper::new([0xab; 32]);
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
    fn a_pepper_does_not_print() {
        assert_eq!(format!("{:?}", Pepper::new([7; 32])), "Pepper(redacted)");
    }
}
