//! The envelope that carries a witness from a listener's device to a prover, past everything in between.
//!
//! HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; `info` is
//! `veilpass.v1.witness`, and the additional data is the statement to be proved ([`ProofStatement::to_bytes`]), so an
//! envelope cannot be moved to another job. The API never depends on this crate: it passes [`SealedWitness`] on.

mod key;
mod witness;

pub use key::{ParseKeyError, ProverPublicKey, ProverSecretKey};
use veilpass_protocol::{ENCAPSULATED_KEY_BYTES, ProofStatement, SEALED_CIPHERTEXT_BYTES, SealedWitness};
pub use witness::OwnershipWitness;
use zeroize::Zeroizing;

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;

const INFO: &[u8] = b"veilpass.v1.witness";

/// The envelope was not sealed to this key for this statement, or its content is not a witness. Deliberately says no
/// more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed witness does not open with this prover's key for this statement")]
pub struct OpenError;

/// Seals a witness to a prover's public key, for one statement.
pub fn seal(
    key: &ProverPublicKey,
    statement: &ProofStatement,
    witness: &OwnershipWitness,
    rng: &mut impl rand::CryptoRng,
) -> SealedWitness {
    let (encapsulated, ciphertext) = hpke::single_shot_seal::<Aead, Kdf, Kem, _>(
        &hpke::OpModeS::Base,
        key.kem_key(),
        INFO,
        witness.to_bytes().as_slice(),
        &statement.to_bytes(),
        rng,
    )
    .expect("sealing to a valid X25519 key cannot fail");
    let encapsulated: [u8; ENCAPSULATED_KEY_BYTES] = hpke::Serializable::to_bytes(&encapsulated).into();
    let ciphertext: [u8; SEALED_CIPHERTEXT_BYTES] = ciphertext.try_into().expect("the plaintext has a fixed length");
    SealedWitness::from_parts(&encapsulated, &ciphertext)
}

/// Opens an envelope that was sealed to this key for this statement.
pub fn open(
    key: &ProverSecretKey,
    statement: &ProofStatement,
    sealed: &SealedWitness,
) -> Result<OwnershipWitness, OpenError> {
    let encapsulated =
        hpke::Deserializable::from_bytes(sealed.encapsulated_key()).map_err(|_: hpke::HpkeError| OpenError)?;
    let plaintext = hpke::single_shot_open::<Aead, Kdf, Kem>(
        &hpke::OpModeR::Base,
        key.kem_key(),
        &encapsulated,
        INFO,
        sealed.ciphertext(),
        &statement.to_bytes(),
    )
    .map_err(|_| OpenError)?;
    OwnershipWitness::from_bytes(&Zeroizing::new(plaintext)).ok_or(OpenError)
}

#[cfg(test)]
mod tests {
    use veilpass_protocol::{
        Context, Epoch, FieldElement, IdentitySecret, Nullifier, RegistryId, SEALED_WITNESS_BYTES, TokenId, TrackId,
    };

    use super::*;

    fn statement(context: u64) -> ProofStatement {
        ProofStatement {
            registry_id: RegistryId::new(FieldElement::from_u64(1)),
            track_id: TrackId::new(FieldElement::from_u64(2)),
            epoch: Epoch(3),
            nullifier: Nullifier::new(FieldElement::from_u64(4)),
            context: Context::new(FieldElement::from_u64(context)),
        }
    }

    fn witness() -> OwnershipWitness {
        OwnershipWitness {
            identity_secret: IdentitySecret::from_be_bytes(&FieldElement::from_u64(77).to_be_bytes()).unwrap(),
            token_id: TokenId::new(FieldElement::from_u64(88)),
            leaf_index_hint: 0x0102_0304,
        }
    }

    #[test]
    fn opens_for_its_own_statement_and_key_only() {
        let mut rng = rand::rng();
        let (key, other) = (ProverSecretKey::generate(&mut rng), ProverSecretKey::generate(&mut rng));
        let sealed = seal(&key.public_key(), &statement(5), &witness(), &mut rng);
        let opened = open(&key, &statement(5), &sealed).unwrap();
        assert_eq!(opened.identity_secret.expose_be_bytes(), witness().identity_secret.expose_be_bytes());
        assert_eq!((opened.token_id, opened.leaf_index_hint), (witness().token_id, 0x0102_0304));
        assert_eq!(open(&key, &statement(6), &sealed).err(), Some(OpenError));
        assert_eq!(open(&other, &statement(5), &sealed).err(), Some(OpenError));
    }

    #[test]
    fn nobody_seals_to_a_point_of_small_order() {
        let mut one = [0; 32];
        one[0] = 1;
        // -1, and the same with the bit that X25519 ignores.
        let mut minus_one = [0xff; 32];
        (minus_one[0], minus_one[31]) = (0xec, 0x7f);
        let mut masked = minus_one;
        masked[31] = 0xff;
        for bytes in [[0; 32], one, minus_one, masked] {
            assert_eq!(ProverPublicKey::from_bytes(&bytes).err(), Some(ParseKeyError), "{bytes:?}");
            let opened = open(
                &ProverSecretKey::generate(&mut rand::rng()),
                &statement(5),
                &SealedWitness::from_parts(&bytes, &[7; SEALED_CIPHERTEXT_BYTES]),
            );
            assert_eq!(opened.err(), Some(OpenError), "{bytes:?}");
        }
    }

    #[test]
    fn every_flipped_byte_is_refused() {
        let mut rng = rand::rng();
        let key = ProverSecretKey::generate(&mut rng);
        let sealed = seal(&key.public_key(), &statement(5), &witness(), &mut rng);
        for position in 0..SEALED_WITNESS_BYTES {
            let mut bytes = *sealed.as_bytes();
            bytes[position] ^= 1;
            let damaged = SealedWitness::from_slice(&bytes).unwrap();
            assert_eq!(open(&key, &statement(5), &damaged).err(), Some(OpenError), "byte {position}");
        }
    }

    /// hpke's private key is x25519-dalek's, which is wiped on drop only with the feature that our manifest switches on.
    #[test]
    fn private_keys_are_wiped_when_dropped() {
        fn wipes<T: zeroize::Zeroize>() -> bool {
            std::mem::needs_drop::<T>()
        }
        assert!(wipes::<x25519_dalek::StaticSecret>());
    }

    #[test]
    fn nothing_secret_shows_in_the_envelope_or_in_debug_output() {
        let mut rng = rand::rng();
        let key = ProverSecretKey::generate(&mut rng);
        let sealed = seal(&key.public_key(), &statement(5), &witness(), &mut rng);
        let secret = witness().identity_secret.expose_be_bytes();
        assert!(!sealed.as_bytes().windows(32).any(|window| window == secret.as_slice()));
        assert_eq!(format!("{key:?}"), "ProverSecretKey(redacted)");
        assert!(!format!("{:?}", witness()).contains("77"));
    }
}
