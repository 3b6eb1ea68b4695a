//! A listener's wallet.

use curve25519_dalek::{EdwardsPoint, Scalar};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha512};
use solana_address::Address;

pub(crate) struct Wallet(SigningKey);

impl Wallet {
    pub(crate) fn new() -> Self {
        Self(SigningKey::from_bytes(&rand::random()))
    }

    pub(crate) fn address(&self) -> Address {
        Address::from(self.0.verifying_key().to_bytes())
    }

    /// The same key, as it pays for and signs transactions.
    pub(crate) fn payer(&self) -> veilpass_chain::SigningKey {
        let text = serde_json::to_string(&self.0.to_keypair_bytes().to_vec()).unwrap();
        veilpass_chain::SigningKey::from_text(&text, "a test").unwrap()
    }

    pub(crate) fn sign(&self, text: &str) -> [u8; 64] {
        self.0.sign(text.as_bytes()).to_bytes()
    }

    /// A valid signature with R drawn at random: another one each time, as hardware wallets and MPC may make it.
    pub(crate) fn sign_at_random(&self, text: &str) -> [u8; 64] {
        let hash = |parts: &[&[u8]]| {
            let mut hasher = Sha512::new();
            parts.iter().for_each(|part| hasher.update(part));
            Scalar::from_bytes_mod_order_wide(&hasher.finalize().into())
        };
        let r = Scalar::from(rand::random::<u128>());
        let point = EdwardsPoint::mul_base(&r).compress();
        let key = self.0.verifying_key();
        let challenge = hash(&[point.as_bytes(), key.as_bytes(), text.as_bytes()]);
        let s = r + challenge * self.0.to_scalar();
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(point.as_bytes());
        signature[32..].copy_from_slice(s.as_bytes());
        signature
    }
}

/// The same signature with S + L for S, which lax verifiers accept too. L is the group's order, RFC 8032, section 5.1.
pub(crate) fn not_canonical(mut signature: [u8; 64]) -> [u8; 64] {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    signature
}
