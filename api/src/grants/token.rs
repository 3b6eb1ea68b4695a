//! Grants as tokens: JWT (RFC 7519) in compact JWS (RFC 7515), signed with EdDSA (RFC 8037).
//!
//! Encoded and parsed here: the keys of the `jsonwebtoken` crate are plain vectors that are never wiped, and it takes
//! whatever algorithm its caller forgot to forbid. The end-to-end tests read our tokens with that crate and with Node.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use veilpass_protocol::{Epoch, RegistryId, TrackId};

use super::key::{GrantSigner, thumbprint};

/// Longest token that is looked at, in bytes; ours have about 900.
const MAX_TOKEN_BYTES: usize = 4096;
/// An explicit type (RFC 8725, section 3.11). Not `at+jwt`: RFC 9068 demands a client and a subject of its own.
const TYPE: &str = "veilpass-grant+jwt";
const ALGORITHM: &str = "EdDSA";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// What a grant says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    /// Who issued it: `--grant-issuer`.
    pub(crate) iss: String,
    /// The thumbprint (RFC 7638) of the session key: the same for all grants of a session, and nothing beside it.
    pub(crate) sub: String,
    /// The frontend's origin: the audience of the context.
    pub(crate) aud: String,
    pub(crate) cnf: Confirmation,
    pub(crate) registry_id: RegistryId,
    pub(crate) track_id: TrackId,
    pub(crate) epoch: Epoch,
    /// Seconds since the Unix epoch, like the next two.
    pub(crate) iat: u64,
    pub(crate) nbf: u64,
    pub(crate) exp: u64,
    pub(crate) jti: Uuid,
}

/// Whose grant it is (RFC 7800): of whoever can sign with this key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmation {
    jwk: SessionJwk,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionJwk {
    kty: String,
    crv: String,
    x: String,
}

impl Confirmation {
    /// By a session key; also its thumbprint.
    pub(crate) fn of(session_public_key: &[u8; 32]) -> (Self, String) {
        let x = BASE64_URL_SAFE_NO_PAD.encode(session_public_key);
        (Self { jwk: SessionJwk { kty: "OKP".into(), crv: "Ed25519".into(), x } }, thumbprint(session_public_key))
    }
}

/// Signs the claims.
pub(crate) fn encode(claims: &Claims, signer: &GrantSigner) -> String {
    let header = Header { alg: ALGORITHM.into(), typ: TYPE.into(), kid: signer.kid().into() };
    let mut token = format!("{}.{}", segment(&header), segment(claims));
    let signature = signer.sign(token.as_bytes());
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

fn segment(value: &impl Serialize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).expect("strings and numbers are JSON"))
}

/// The claims of a token that one of these keys signed; says nothing about whether they still hold. `key` finds a public
/// key by its name. Only what [`encode`] writes is read.
pub(crate) fn decode<'k>(token: &str, key: impl FnOnce(&str) -> Option<&'k VerifyingKey>) -> Option<Claims> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let bytes = |segment: &str| BASE64_URL_SAFE_NO_PAD.decode(segment).ok();
    let header: Header = serde_json::from_slice(&bytes(header)?).ok()?;
    if header.alg != ALGORITHM || header.typ != TYPE {
        return None;
    }
    let signature = Signature::from_slice(&bytes(signature)?).ok()?;
    key(&header.kid)?.verify_strict(signed.as_bytes(), &signature).ok()?;
    serde_json::from_slice(&bytes(claims)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        let (cnf, sub) = Confirmation::of(&[7; 32]);
        let element = veilpass_protocol::FieldElement::from_u64;
        Claims {
            iss: "https://listen.example".into(),
            sub,
            aud: "https://listen.example".into(),
            cnf,
            registry_id: RegistryId::new(element(1)),
            track_id: TrackId::new(element(2)),
            epoch: Epoch(3),
            iat: 10,
            nbf: 10,
            exp: 610,
            jti: Uuid::from_u128(4),
        }
    }

    fn decode_with(token: &str, signer: &GrantSigner) -> Option<Claims> {
        let key = signer.public_key();
        decode(token, |kid| (kid == signer.kid()).then_some(&key))
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let signer = GrantSigner::generate();
        let token = encode(&claims(), &signer);
        assert!(token.len() < 1000, "{}", token.len());
        assert_eq!(decode_with(&token, &signer), Some(claims()));
        assert_eq!(decode_with(&token, &GrantSigner::generate()), None);
    }

    #[test]
    fn no_other_text_is_read() {
        let signer = GrantSigner::generate();
        let token = encode(&claims(), &signer);
        for at in 0..token.len() {
            for other in [b'A', b'B', b'.', b'='] {
                let mut changed = token.clone().into_bytes();
                if std::mem::replace(&mut changed[at], other) != other {
                    assert_eq!(decode_with(&String::from_utf8(changed).unwrap(), &signer), None, "byte {at}");
                }
            }
            assert_eq!(decode_with(&token[..at], &signer), None, "{at} bytes");
        }
        for wrong in [format!("{token}="), format!("{token}."), format!(" {token}"), token.repeat(8), String::new()] {
            assert_eq!(decode_with(&wrong, &signer), None, "{wrong}");
        }
    }

    #[test]
    fn other_algorithms_and_types_are_refused_though_we_signed_them() {
        let signer = GrantSigner::generate();
        let sign = |header: serde_json::Value| {
            let signed = format!("{}.{}", segment(&header), segment(&claims()));
            format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes())))
        };
        let header = |alg: &str, typ: &str| serde_json::json!({ "alg": alg, "typ": typ, "kid": signer.kid() });
        assert!(decode_with(&sign(header(ALGORITHM, TYPE)), &signer).is_some());
        for (alg, typ) in [("none", TYPE), ("HS256", TYPE), ("eddsa", TYPE), (ALGORITHM, "JWT"), (ALGORITHM, "at+jwt")]
        {
            assert_eq!(decode_with(&sign(header(alg, typ)), &signer), None, "{alg} {typ}");
        }
        let mut more = header(ALGORITHM, TYPE);
        more["jwk"] = serde_json::json!({});
        assert_eq!(decode_with(&sign(more), &signer), None);
    }
}
