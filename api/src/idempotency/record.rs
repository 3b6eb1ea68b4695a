//! What is kept under a key: that a request is in progress, or its answer. Sealed, and bound to its name.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use veilpass_shared_state::{Claim, SharedState, Unavailable};
use zeroize::Zeroizing;

use super::answer::Answer;

const SPACE: &str = "idempotency";
/// Requests with a key that are worked on at once: they go on without their clients, whom `--max-requests` counts.
const MOST_AT_ONCE: usize = 512;
/// In memory a record is kept for so long whatever comes; then until its end, or until there is no room.
const SPARED: Duration = Duration::from_secs(600);
const NONCE_BYTES: usize = 24;
/// Of caller, method, path and key, which it does not tell.
pub(crate) struct RecordName([u8; 32]);

/// Of a request's body: HMAC-SHA256, since a hash would let whoever reads the records guess what is short.
pub(crate) struct Fingerprint([u8; 32]);

/// What there was under a key.
pub(crate) enum Held {
    /// Nothing; now our claim, which gives it back or settles it.
    Nothing(Vec<u8>),
    /// Another request.
    OtherBody,
    /// The same request, without an answer so far.
    InProgress,
    /// The answer to the same request.
    Answer(Answer),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// Base64.
    fingerprint: String,
    answer: Option<Answer>,
}

/// The records of all callers.
pub(crate) struct Records {
    shared: SharedState,
    /// Names and fingerprints.
    mac: Hmac<Sha256>,
    seal: XChaCha20Poly1305,
    running: Arc<Semaphore>,
}

impl Records {
    /// `key` is the same in all replicas.
    pub(crate) fn new(shared: SharedState, key: Zeroizing<[u8; 32]>) -> Self {
        let root = <Hmac<Sha256> as Mac>::new_from_slice(key.as_slice()).expect("HMAC takes keys of any length");
        let derive = |purpose: &[u8]| root.clone().chain_update(purpose).finalize().into_bytes();
        Self {
            shared,
            mac: <Hmac<Sha256> as Mac>::new_from_slice(&derive(b"names")).expect("HMAC takes keys of any length"),
            seal: XChaCha20Poly1305::new(&derive(b"seal")),
            running: Arc::new(Semaphore::new(MOST_AT_ONCE)),
        }
    }

    /// A place among the requests that are worked on, if there is one.
    pub(crate) fn begin(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.running).try_acquire_owned().ok()
    }

    /// HMAC of parts that cannot be mistaken for others: each after its length.
    fn mac(&self, purpose: u8, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.mac.clone().chain_update([purpose]);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    pub(crate) fn name(&self, parts: &[&[u8]]) -> RecordName {
        RecordName(self.mac(0, parts))
    }

    pub(crate) fn fingerprint(&self, body: &[u8]) -> Fingerprint {
        Fingerprint(self.mac(1, &[body]))
    }

    /// Takes the key for this request, or says what is there.
    pub(crate) async fn claim(
        &self,
        name: &RecordName,
        fingerprint: &Fingerprint,
        life: Duration,
    ) -> Result<Held, Unavailable> {
        let claim = self.seal(name, &Record { fingerprint: BASE64_STANDARD.encode(fingerprint.0), answer: None });
        let sealed = match self.shared.claim(SPACE, &name.0, &claim, life, SPARED).await? {
            Claim::Ours => return Ok(Held::Nothing(claim)),
            Claim::Held(sealed) => sealed,
        };
        // Sealed by another master key, or damaged: nothing is known, so nothing may be done.
        let Record { fingerprint: held, answer } = self.open(name, &sealed).ok_or_else(|| {
            tracing::error!("an idempotency record cannot be opened: do all replicas have the same master key?");
            Unavailable
        })?;
        let is_same = BASE64_STANDARD.decode(held).is_ok_and(|held| held.ct_eq(&fingerprint.0).into());
        Ok(match (is_same, answer) {
            (false, _) => Held::OtherBody,
            (true, None) => Held::InProgress,
            (true, Some(answer)) => Held::Answer(answer),
        })
    }

    /// Puts the answer in the place of a claim. `false` if the claim has expired and somebody else has the key.
    pub(crate) async fn settle(
        &self,
        name: &RecordName,
        claim: &[u8],
        answer: Answer,
        life: Duration,
    ) -> Result<bool, Unavailable> {
        // The claim's own fingerprint stays.
        let Some(record) = self.open(name, claim) else { return Ok(false) };
        let sealed = self.seal(name, &Record { answer: Some(answer), ..record });
        self.shared.replace(SPACE, &name.0, claim, Some((&sealed, life)), SPARED).await
    }

    /// Gives the key back, so that the request may be tried again.
    pub(crate) async fn release(&self, name: &RecordName, claim: &[u8]) -> Result<bool, Unavailable> {
        self.shared.replace(SPACE, &name.0, claim, None, SPARED).await
    }

    /// Nonce and ciphertext. A nonce of 192 bits may be random, and makes each claim another value.
    fn seal(&self, name: &RecordName, record: &Record) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::rng().random();
        let text = Zeroizing::new(serde_json::to_vec(record).unwrap_or_default());
        let payload = Payload { msg: &text, aad: &name.0 };
        let sealed = self.seal.encrypt(XNonce::from_slice(&nonce), payload);
        [&nonce[..], &sealed.expect("ChaCha20 takes 256 GB")].concat()
    }

    fn open(&self, name: &RecordName, sealed: &[u8]) -> Option<Record> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
        let payload = Payload { msg: ciphertext, aad: &name.0 };
        let text = Zeroizing::new(self.seal.decrypt(XNonce::from_slice(nonce), payload).ok()?);
        serde_json::from_slice(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};

    use super::*;

    const LIFE: Duration = Duration::from_secs(60);

    fn records(key: u8) -> Records {
        Records::new(SharedState::in_memory(), Zeroizing::new([key; 32]))
    }

    #[tokio::test]
    async fn a_key_is_taken_answered_and_given_back() {
        let records = records(1);
        let (name, body) = (records.name(&[b"caller", b"key"]), records.fingerprint(b"body"));
        let Held::Nothing(claim) = records.claim(&name, &body, LIFE).await.unwrap() else {
            panic!("there was nothing")
        };
        assert!(matches!(records.claim(&name, &body, LIFE).await, Ok(Held::InProgress)));
        let other = records.fingerprint(b"other");
        assert!(matches!(records.claim(&name, &other, LIFE).await, Ok(Held::OtherBody)));
        let answer = Answer::new(StatusCode::ACCEPTED, &HeaderMap::new(), b"{}");
        assert!(records.settle(&name, &claim, answer, LIFE).await.unwrap());
        let Ok(Held::Answer(answer)) = records.claim(&name, &body, LIFE).await else { panic!("there is an answer") };
        assert_eq!(answer.into_response().unwrap().status(), StatusCode::ACCEPTED);
        assert!(!records.release(&name, &claim).await.unwrap(), "an answer is not taken back");

        let name = records.name(&[b"caller", b"other key"]);
        let Held::Nothing(claim) = records.claim(&name, &body, LIFE).await.unwrap() else {
            panic!("there was nothing")
        };
        assert!(records.release(&name, &claim).await.unwrap());
        assert!(matches!(records.claim(&name, &body, LIFE).await, Ok(Held::Nothing(_))));
    }

    #[test]
    fn a_record_opens_under_its_name_and_key_only_and_shows_nothing() {
        let (ours, others) = (records(1), records(2));
        let name = ours.name(&[b"caller", b"key"]);
        let answer = Answer::new(StatusCode::OK, &HeaderMap::new(), b"secret");
        let sealed = ours.seal(&name, &Record { fingerprint: String::new(), answer: Some(answer) });
        assert!(ours.open(&name, &sealed).is_some());
        assert!(ours.open(&ours.name(&[b"caller", b"other"]), &sealed).is_none());
        assert!(others.open(&name, &sealed).is_none());
        let shown = BASE64_STANDARD.encode(b"secret");
        assert!(!String::from_utf8_lossy(&sealed).contains(&shown));
        assert_ne!(name.0, ours.name(&[b"callerk", b"ey"]).0, "parts have their lengths");
        assert_ne!(name.0, others.name(&[b"caller", b"key"]).0);
    }
}
