//! A prover's key pair.

use std::fmt;

use hpke::{Deserializable, Kem as _, Serializable};
use rand::CryptoRng;
use veilpass_protocol::ProverKeyId;
use zeroize::Zeroizing;

use crate::Kem;

/// A prover's public key: X25519, 32 bytes.
#[derive(Clone)]
pub struct ProverPublicKey(<Kem as hpke::Kem>::PublicKey);

/// The bytes or text are not a key. Does not repeat them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a prover key is 32 bytes (64 hexadecimal digits) of X25519")]
pub struct ParseKeyError;

impl ProverPublicKey {
    /// Parses 32 bytes; refuses a point of small order, with which every X25519 is zero (RFC 7748, section 6.1): nothing can be
    /// sealed to it.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, ParseKeyError> {
        // Any scalar will do: all are multiples of the cofactor once they are clamped.
        if x25519_dalek::x25519([1; 32], *bytes) == [0; 32] {
            return Err(ParseKeyError);
        }
        <Kem as hpke::Kem>::PublicKey::from_bytes(bytes).map(Self).map_err(|_| ParseKeyError)
    }

    /// The key's bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes().into()
    }

    /// The name under which jobs refer to the key.
    pub fn id(&self) -> ProverKeyId {
        ProverKeyId::of_public_key(&self.to_bytes())
    }

    pub(crate) fn kem_key(&self) -> &<Kem as hpke::Kem>::PublicKey {
        &self.0
    }
}

impl fmt::Debug for ProverPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProverPublicKey({})", self.id())
    }
}

/// A prover's private key. Cannot be printed; wiped when dropped (x25519-dalek's own secret type does that).
pub struct ProverSecretKey(<Kem as hpke::Kem>::PrivateKey);

impl ProverSecretKey {
    /// Draws a key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Kem::gen_keypair(rng).0)
    }

    /// Parses 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, ParseKeyError> {
        <Kem as hpke::Kem>::PrivateKey::from_bytes(bytes).map(Self).map_err(|_| ParseKeyError)
    }

    /// The key's bytes, for storing it in a file that only the prover can read. They are wiped when dropped.
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The public key to seal to.
    pub fn public_key(&self) -> ProverPublicKey {
        ProverPublicKey(Kem::sk_to_pk(&self.0))
    }

    pub(crate) fn kem_key(&self) -> &<Kem as hpke::Kem>::PrivateKey {
        &self.0
    }
}

impl fmt::Debug for ProverSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProverSecretKey(redacted)")
    }
}
