//! Signatures that count, and those that look as if.

use curve25519_dalek::{EdwardsPoint, Scalar};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha512};
use veilpass_siws::{Address, EnrolmentMessage, VerifyError};

use crate::fixture::{key, message, sign};

/// Order of the group, little-endian: 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn the_wallets_signature_of_this_text_counts_and_no_other() {
    let message = message();
    let signature = sign(&message);
    message.check_signature(&signature).unwrap();
    for bit in 0..512 {
        let mut changed = signature;
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(message.check_signature(&changed), Err(VerifyError::Signature), "bit {bit}");
    }
    let stranger = SigningKey::from_bytes(&[8; 32]).sign(message.to_string().as_bytes()).to_bytes();
    assert_eq!(message.check_signature(&stranger), Err(VerifyError::Signature));
    let mut other = message.clone();
    other.mint = Address::new([3; 32]);
    assert_eq!(other.check_signature(&signature), Err(VerifyError::Signature));
}

#[test]
fn a_signature_has_one_form() {
    let message = message();
    let mut signature = sign(&message);
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "S + L fits");
    assert_eq!(message.check_signature(&signature), Err(VerifyError::Signature));
}

#[test]
fn a_key_that_signs_for_everybody_is_none() {
    // Points of order 1, 2, 4 and 8 (RFC 8032 encodings): for such a key, R = A and S = 0 satisfies lax verifiers.
    let identity: [u8; 32] = std::array::from_fn(|index| u8::from(index == 0));
    let order_2: [u8; 32] = std::array::from_fn(|index| match index {
        0 => 0xec,
        31 => 0x7f,
        _ => 0xff,
    });
    let mut order_8 = [0; 32];
    hex::decode_to_slice("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", &mut order_8).unwrap();
    for point in [identity, order_2, [0; 32], order_8] {
        let message = EnrolmentMessage { wallet: Address::new(point), ..message() };
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&identity);
        assert_eq!(message.check_signature(&signature), Err(VerifyError::NotAKey), "{}", hex::encode(point));
    }
    // Not on the curve at all, as an account of a program is not.
    let off_curve = EnrolmentMessage { wallet: Address::new([2; 32]), ..message() };
    assert_eq!(off_curve.check_signature(&[0; 64]), Err(VerifyError::NotAKey));
}

/// A valid signature with R drawn at random, as hardware wallets and MPC may make it (RFC 8032 derives R from the message).
fn sign_with(nonce: u64, text: &str) -> [u8; 64] {
    let hash = |parts: &[&[u8]]| {
        let mut hasher = Sha512::new();
        parts.iter().for_each(|part| hasher.update(part));
        Scalar::from_bytes_mod_order_wide(&hasher.finalize().into())
    };
    let r = Scalar::from(nonce);
    let point = EdwardsPoint::mul_base(&r).compress();
    let challenge = hash(&[point.as_bytes(), key().verifying_key().as_bytes(), text.as_bytes()]);
    let s = r + challenge * key().to_scalar();
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(point.as_bytes());
    signature[32..].copy_from_slice(s.as_bytes());
    signature
}

#[test]
fn a_wallet_may_sign_differently_each_time_and_both_count() {
    let message = message();
    let (one, other) = (sign_with(1_000_001, &message.to_string()), sign_with(1_000_002, &message.to_string()));
    assert_ne!(one, other);
    message.check_signature(&one).unwrap();
    message.check_signature(&other).unwrap();
}

#[test]
fn the_vector_of_another_implementation_counts() {
    // Python's `cryptography` (OpenSSL), of message.txt under the key of 32 bytes 7.
    let signature = "54f8fe09b9bb457095afae252d0aaae1262b46d902f2b3cc12784b28468db37a\
                     7fb353fe13c1f936ba1e5ac58f8e24935f52601e4e4551c879028c6af6b3800e";
    assert_eq!(hex::encode(sign(&message())), signature);
}
