//! What is inside an envelope.

use std::fmt;

use veilpass_protocol::{IdentitySecret, TokenId, WITNESS_PLAINTEXT_BYTES};
use zeroize::Zeroizing;

const VERSION: u8 = 1;

/// The private part of an ownership claim, as far as the device knows it; the prover adds the path.
///
/// As bytes (69): version 1, identity secret (32, big-endian), token id (32, big-endian), leaf-index hint (4,
/// big-endian).
pub struct OwnershipWitness {
    /// The listener's secret.
    pub identity_secret: IdentitySecret,
    /// The token that was enrolled.
    pub token_id: TokenId,
    /// Where the device believes its leaf to be. Only a hint: the prover finds the leaf by its value.
    pub leaf_index_hint: u32,
}

impl OwnershipWitness {
    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; WITNESS_PLAINTEXT_BYTES]> {
        let mut bytes = Zeroizing::new([0; WITNESS_PLAINTEXT_BYTES]);
        bytes[0] = VERSION;
        bytes[1..33].copy_from_slice(self.identity_secret.expose_be_bytes().as_slice());
        bytes[33..65].copy_from_slice(&self.token_id.to_be_bytes());
        bytes[65..].copy_from_slice(&self.leaf_index_hint.to_be_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; WITNESS_PLAINTEXT_BYTES] = bytes.try_into().ok()?;
        if bytes[0] != VERSION {
            return None;
        }
        let secret: &[u8; 32] = bytes[1..33].try_into().ok()?;
        Some(Self {
            identity_secret: IdentitySecret::from_be_bytes(secret).ok()?,
            token_id: TokenId::from_be_slice(&bytes[33..65]).ok()?,
            leaf_index_hint: u32::from_be_bytes(bytes[65..].try_into().ok()?),
        })
    }
}

impl fmt::Debug for OwnershipWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnershipWitness(redacted)")
    }
}
