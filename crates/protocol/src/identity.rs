//! The listener's secret.

use std::fmt;

use rand::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    element::{Commitment, Nullifier, Scope},
    field::{FIELD_BYTES, FieldElement, ParseFieldError},
    hash,
};

/// A listener's secret `s`: whoever knows it can prove and spend for its tokens.
///
/// It cannot be printed, serialized or compared, and is wiped when dropped.
pub struct IdentitySecret(Zeroizing<FieldElement>);

impl IdentitySecret {
    /// Draws a uniform secret.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; FIELD_BYTES]);
        loop {
            rng.fill_bytes(bytes.as_mut());
            // Rejection sampling: two bits are cleared (r has 254), then a value at or above r is drawn again.
            bytes[0] &= 0x3f;
            if let Ok(secret) = Self::from_be_bytes(&bytes) {
                return secret;
            }
        }
    }

    /// Parses the canonical 32 big-endian bytes.
    pub fn from_be_bytes(bytes: &[u8; FIELD_BYTES]) -> Result<Self, ParseFieldError> {
        FieldElement::from_be_bytes(bytes).map(|element| Self(Zeroizing::new(element)))
    }

    /// The secret's bytes, big-endian, for sealing and for the witness. They are wiped when dropped.
    pub fn expose_be_bytes(&self) -> Zeroizing<[u8; FIELD_BYTES]> {
        Zeroizing::new(self.0.to_be_bytes())
    }

    /// `C = H(IDENTITY, s)`.
    pub fn commitment(&self) -> Commitment {
        hash::hash_commitment(self)
    }

    /// `H(NULLIFIER, s, scope)`.
    pub fn nullifier(&self, scope: Scope) -> Nullifier {
        hash::hash_nullifier(self, scope)
    }

    pub(crate) fn element(&self) -> FieldElement {
        *self.0
    }
}

impl fmt::Debug for IdentitySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentitySecret(redacted)")
    }
}

impl ZeroizeOnDrop for IdentitySecret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_differ_and_fill_their_bytes() {
        let mut rng = rand::rng();
        let secrets: Vec<_> = (0..64).map(|_| *IdentitySecret::random(&mut rng).expose_be_bytes()).collect();
        for (index, secret) in secrets.iter().enumerate() {
            assert!(!secrets[..index].contains(secret));
        }
        // A byte is zero in all 64 with a probability of 2^-512; the first has 6 bits.
        assert!((0..FIELD_BYTES).all(|byte| secrets.iter().any(|secret| secret[byte] != 0)));
    }

    #[test]
    fn a_secret_does_not_print() {
        let secret = IdentitySecret::from_be_bytes(&FieldElement::from_u64(0x1234_5678).to_be_bytes()).unwrap();
        assert_eq!(format!("{secret:?} {secret:#?}"), "IdentitySecret(redacted) IdentitySecret(redacted)");
    }
}
