//! Who may ask about a job: whoever has the token that a request for it was answered with.

use std::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 of a job token, which is 32 random bytes: all of it that is stored. Tokens are looked up by this, so the time of a
/// look-up says nothing about how much of a guess is right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Of a token.
    pub fn of(token: &[u8; 32]) -> Self {
        Self(Sha256::digest(token).into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Not a secret, but of no use in a log.
impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}
