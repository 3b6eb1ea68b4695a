//! The shape of a sealed witness. What is inside can be read with `veilpass-sealing` and the prover's private key only;
//! services that pass it on need no more than this shape.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bytes of an HPKE encapsulated key (X25519 public key).
pub const ENCAPSULATED_KEY_BYTES: usize = 32;
/// Bytes of the plaintext: version (1), identity secret (32), token id (32), leaf-index hint (4, big-endian).
pub const WITNESS_PLAINTEXT_BYTES: usize = 1 + 32 + 32 + 4;
/// Bytes of the ciphertext: the plaintext and a Poly1305 tag of 16 bytes.
pub const SEALED_CIPHERTEXT_BYTES: usize = WITNESS_PLAINTEXT_BYTES + 16;
/// Bytes of a sealed witness: encapsulated key, then ciphertext.
pub const SEALED_WITNESS_BYTES: usize = ENCAPSULATED_KEY_BYTES + SEALED_CIPHERTEXT_BYTES;

/// Names a prover's public key: the first 16 bytes of SHA-256(`veilpass.v1.prover-key` || public key), as 32 lowercase hexadecimal
/// digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProverKeyId(#[serde(with = "crate::lower_hex")] [u8; 16]);

impl ProverKeyId {
    /// The id of an X25519 public key.
    pub fn of_public_key(public_key: &[u8; 32]) -> Self {
        let digest = Sha256::new().chain_update("veilpass.v1.prover-key").chain_update(public_key).finalize();
        Self(digest[..16].try_into().expect("16 of 32 bytes"))
    }

    /// The id with these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id's bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for ProverKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ProverKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A witness sealed to a prover: `encapsulated key (32) || ciphertext (85)`.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedWitness([u8; SEALED_WITNESS_BYTES]);

/// The byte string does not have the length of a sealed witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {SEALED_WITNESS_BYTES} bytes: an encapsulated key of 32 and a ciphertext of 85")]
pub struct ParseSealedWitnessError;

impl SealedWitness {
    /// Takes the bytes as they came; only the length can be checked without the private key.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, ParseSealedWitnessError> {
        bytes.try_into().map(Self).map_err(|_| ParseSealedWitnessError)
    }

    /// Joins the two parts of an envelope.
    pub fn from_parts(
        encapsulated_key: &[u8; ENCAPSULATED_KEY_BYTES],
        ciphertext: &[u8; SEALED_CIPHERTEXT_BYTES],
    ) -> Self {
        let mut bytes = [0; SEALED_WITNESS_BYTES];
        bytes[..ENCAPSULATED_KEY_BYTES].copy_from_slice(encapsulated_key);
        bytes[ENCAPSULATED_KEY_BYTES..].copy_from_slice(ciphertext);
        Self(bytes)
    }

    /// All bytes.
    pub fn as_bytes(&self) -> &[u8; SEALED_WITNESS_BYTES] {
        &self.0
    }

    /// The HPKE encapsulated key.
    pub fn encapsulated_key(&self) -> &[u8] {
        &self.0[..ENCAPSULATED_KEY_BYTES]
    }

    /// The HPKE ciphertext with its tag.
    pub fn ciphertext(&self) -> &[u8] {
        &self.0[ENCAPSULATED_KEY_BYTES..]
    }
}

impl fmt::Debug for SealedWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedWitness(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_witness_is_its_key_then_its_ciphertext() {
        let sealed = SealedWitness::from_parts(&[1; ENCAPSULATED_KEY_BYTES], &[2; SEALED_CIPHERTEXT_BYTES]);
        assert_eq!(sealed.as_bytes()[..], [[1; 32].as_slice(), &[2; 85]].concat());
        assert_eq!((sealed.encapsulated_key(), sealed.ciphertext()), ([1; 32].as_slice(), [2; 85].as_slice()));
        assert!(SealedWitness::from_slice(sealed.as_bytes()) == Ok(sealed.clone()));
        for length in [0, SEALED_WITNESS_BYTES - 1, SEALED_WITNESS_BYTES + 1] {
            assert!(SealedWitness::from_slice(&vec![0; length]) == Err(ParseSealedWitnessError));
        }
        assert_eq!(format!("{sealed:?}"), "SealedWitness(..)");
    }

    /// Computed by Node's `crypto`.
    #[test]
    fn a_key_has_the_id_that_others_compute() {
        let id = ProverKeyId::of_public_key(&[4; 32]);
        assert_eq!(id.to_string(), "4ca511bc5ee0b3c7a352a97de7abd989");
        assert_eq!(ProverKeyId::from_bytes(id.to_bytes()), id);
    }
}
