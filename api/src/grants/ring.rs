//! The keys that count at the moment.

use axum::{body::Bytes, http::HeaderValue};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use serde_json::json;
use sha2::{Digest, Sha256};
use veilpass_store::{GrantKey, GrantKeyPhase};

use super::key::{GrantSigner, KeySeal, WrongMasterKey};

/// The keys that count at the moment.
pub(crate) struct KeyRing {
    pub(crate) signer: GrantSigner,
    /// The key that signs next, and from when, in seconds since the Unix epoch.
    pub(crate) next: (String, u64),
    public: Vec<(String, VerifyingKey)>,
    /// A JWK set (RFC 7517), and the hash of its bytes as a strong entity tag.
    pub(crate) jwks: Bytes,
    pub(crate) etag: HeaderValue,
}

impl KeyRing {
    /// From what the store knows. `None`: no key signs, or none is next.
    ///
    /// # Errors
    /// If a private key does not open.
    pub(crate) fn new(rows: &[GrantKey], seal: &KeySeal) -> Result<Option<Self>, WrongMasterKey> {
        let mut signer = None;
        for row in rows.iter().filter(|row| row.sealed_key.is_some()) {
            // All of them: a wrong master key is to be seen before the next one signs.
            let opened = seal.open(row)?;
            if row.phase == GrantKeyPhase::Signing {
                signer = Some(opened);
            }
        }
        let public =
            rows.iter().filter_map(|row| Some((row.kid.clone(), VerifyingKey::from_bytes(&row.public_key).ok()?)));
        let jwks = Bytes::from(jwks(rows));
        let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&jwks)[..16]));
        let next =
            rows.iter().find(|row| row.phase == GrantKeyPhase::Next).map(|row| (row.kid.clone(), row.signs_from));
        Ok(signer.zip(next).map(|(signer, next)| Self {
            signer,
            next,
            public: public.collect(),
            jwks,
            etag: HeaderValue::try_from(tag).unwrap_or_else(|_| unreachable!("digits in quotes")),
        }))
    }

    /// The public key with this name.
    pub(crate) fn public_key(&self, kid: &str) -> Option<&VerifyingKey> {
        self.public.iter().find(|(name, _)| name == kid).map(|(_, key)| key)
    }
}

fn jwks(rows: &[GrantKey]) -> Vec<u8> {
    let jwk = |row: &GrantKey| {
        let x = BASE64_URL_SAFE_NO_PAD.encode(row.public_key);
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": row.kid, "x": x })
    };
    json!({ "keys": rows.iter().map(jwk).collect::<Vec<_>>() }).to_string().into_bytes()
}
