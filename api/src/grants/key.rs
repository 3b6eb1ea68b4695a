//! The keys that sign grants, and how they are stored.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rand::Rng;
use sha2::{Digest, Sha256};
use veilpass_protocol::MasterKey;
use veilpass_store::{GrantKey, NewGrantKey, SEALED_GRANT_KEY_BYTES};
use zeroize::Zeroizing;

const LABEL: &str = "veilpass.v1.grant-keys";
const NONCE_BYTES: usize = 12;

/// RFC 7638 thumbprint of an Ed25519 public key as a JWK (RFC 8037): SHA-256 of its required members, base64url.
pub(crate) fn thumbprint(public_key: &[u8; 32]) -> String {
    let x = BASE64_URL_SAFE_NO_PAD.encode(public_key);
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

/// A private key that signs grants. Cannot be printed; wiped when dropped.
pub(crate) struct GrantSigner {
    kid: String,
    key: SigningKey,
}

impl GrantSigner {
    /// Draws a key.
    pub(crate) fn generate() -> Self {
        Self::from_seed(&Zeroizing::new(rand::rng().random()))
    }

    fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { kid: thumbprint(key.verifying_key().as_bytes()), key }
    }

    /// Its name.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key.
    pub(crate) fn public_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Signs (Ed25519, RFC 8032).
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for GrantSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrantSigner({}, redacted)", self.kid)
    }
}

/// Seals private keys for the database, and opens them: ChaCha20-Poly1305 (RFC 8439) under a key derived from the master
/// key, with a random nonce before the ciphertext and the key's name as associated data.
pub(crate) struct KeySeal(ChaCha20Poly1305);

/// A stored key does not open. Says nothing about it but its name.
#[derive(Debug, thiserror::Error)]
#[error(
    "grant key {kid} of the database does not open with this master key: use the one of the other replicas, or remove \
     the keys (DELETE FROM grant_keys), which ends all session grants"
)]
pub(crate) struct WrongMasterKey {
    kid: String,
}

impl KeySeal {
    pub(crate) fn new(master_key: &MasterKey) -> Self {
        Self(ChaCha20Poly1305::new((&*master_key.derive(LABEL)).into()))
    }

    pub(crate) fn seal(&self, signer: &GrantSigner) -> NewGrantKey {
        let nonce: [u8; NONCE_BYTES] = rand::rng().random();
        let seed = Zeroizing::new(signer.key.to_bytes());
        let payload = Payload { msg: seed.as_slice(), aad: signer.kid.as_bytes() };
        let ciphertext = self.0.encrypt(&nonce.into(), payload).expect("ChaCha20-Poly1305 encrypts up to 256 GB");
        let mut sealed_key = [0; SEALED_GRANT_KEY_BYTES];
        sealed_key[..NONCE_BYTES].copy_from_slice(&nonce);
        sealed_key[NONCE_BYTES..].copy_from_slice(&ciphertext);
        NewGrantKey { kid: signer.kid.clone(), public_key: signer.public_key().to_bytes(), sealed_key }
    }

    /// The private key of a row that has one.
    pub(crate) fn open(&self, row: &GrantKey) -> Result<GrantSigner, WrongMasterKey> {
        let wrong = || WrongMasterKey { kid: row.kid.clone() };
        let (nonce, ciphertext) = row.sealed_key.as_ref().ok_or_else(wrong)?.split_at(NONCE_BYTES);
        let payload = Payload { msg: ciphertext, aad: row.kid.as_bytes() };
        let seed = self.0.decrypt(nonce.into(), payload).map(Zeroizing::new).map_err(|_| wrong())?;
        let signer = GrantSigner::from_seed(seed.as_slice().try_into().map_err(|_| wrong())?);
        // Whoever can write rows must not have one key sign under the name of another.
        if signer.kid == row.kid && signer.public_key().as_bytes() == &row.public_key {
            Ok(signer)
        } else {
            Err(wrong())
        }
    }
}

#[cfg(test)]
mod tests {
    use veilpass_store::GrantKeyPhase;

    use super::*;

    fn row(sealed: NewGrantKey) -> GrantKey {
        let NewGrantKey { kid, public_key, sealed_key } = sealed;
        GrantKey { kid, public_key, sealed_key: Some(sealed_key), phase: GrantKeyPhase::Signing, signs_from: 0 }
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        // RFC 8037, appendices A.2 and A.3.
        let x = BASE64_URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        assert_eq!(thumbprint(&x.try_into().unwrap()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_sealed_key_opens_with_its_master_key_under_its_name_only() {
        let (seal, signer) = (KeySeal::new(&MasterKey::new([1; 32])), GrantSigner::generate());
        let stored = row(seal.seal(&signer));
        assert_eq!(seal.open(&stored).unwrap().sign(b"m"), signer.sign(b"m"));
        assert!(KeySeal::new(&MasterKey::new([2; 32])).open(&stored).is_err());
        let other = row(seal.seal(&GrantSigner::generate()));
        for wrong in [
            GrantKey { kid: other.kid.clone(), ..stored.clone() },
            GrantKey { public_key: other.public_key, ..stored.clone() },
            GrantKey { sealed_key: other.sealed_key, ..stored.clone() },
            GrantKey { sealed_key: None, ..stored.clone() },
        ] {
            assert!(seal.open(&wrong).is_err());
        }
    }

    #[test]
    fn a_private_key_neither_prints_nor_is_stored_in_the_clear() {
        let signer = GrantSigner::from_seed(&[0xab; 32]);
        assert!(!format!("{signer:?}").contains("171"));
        let sealed = KeySeal::new(&MasterKey::new([1; 32])).seal(&signer).sealed_key;
        assert!(!sealed.windows(4).any(|window| window == [0xab; 4]));
    }
}
