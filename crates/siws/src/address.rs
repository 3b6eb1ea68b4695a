//! Addresses of the chain.

use std::{fmt, str::FromStr};

/// 32 bytes that name an account: a wallet, a mint, a program. Written in base58.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address([u8; 32]);

/// The text is not the base58 of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address: base58 of 32 bytes")]
pub struct ParseAddressError;

impl Address {
    /// The address with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        let mut bytes = [0; 32];
        // Base58 of 32 bytes has 32 to 44 digits; the length first, because decoding is quadratic.
        match text.len() {
            32..=44 => match bs58::decode(text).onto(&mut bytes) {
                Ok(32) => Ok(Self(bytes)),
                _ => Err(ParseAddressError),
            },
            _ => Err(ParseAddressError),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).into_string())
    }
}

/// Redacted: an address may be a wallet, and debug output ends in logs.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}
