//! One message, and its text as a wallet of the standard would make it.

use ed25519_dalek::{Signer, SigningKey};
use veilpass_protocol::{Commitment, FieldElement, RegistryId, TrackId};
use veilpass_siws::{Address, Cluster, EnrolmentMessage, Nonce, Timestamp};

/// 2026-01-02T03:04:05Z
pub(crate) const ISSUED: u64 = 1_767_323_045;

pub(crate) fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(crate) fn message() -> EnrolmentMessage {
    EnrolmentMessage {
        domain: "listen.example".parse().unwrap(),
        wallet: Address::new(key().verifying_key().to_bytes()),
        uri: "https://listen.example".parse().unwrap(),
        cluster: Cluster::Mainnet,
        nonce: Nonce::new(std::array::from_fn(|index| index as u8)),
        issued_at: Timestamp::from_unix(ISSUED),
        expires_at: Timestamp::from_unix(ISSUED + 600),
        program: Address::new([1; 32]),
        registry: RegistryId::new(FieldElement::from_u64(1)),
        mint: Address::new([2; 32]),
        track: TrackId::from_slug("first-light"),
        commitment: Commitment::new(FieldElement::from_u64(5)),
    }
}

pub(crate) fn sign(message: &EnrolmentMessage) -> [u8; 64] {
    key().sign(message.to_string().as_bytes()).to_bytes()
}
