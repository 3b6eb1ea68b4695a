//! Elements of Fr, the scalar field of BN254.

use std::{fmt, str::FromStr};

use ark_bn254::Fr;
use ark_ff::{BigInt, BigInteger, PrimeField};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

/// Bytes of an encoded field element.
pub const FIELD_BYTES: usize = 32;

/// An element of Fr, the scalar field of BN254
/// (`r = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001`).
///
/// As bytes: 32, big-endian, below `r`. As text and in JSON: `0x` and 64 lowercase hexadecimal digits. Both parsers
/// take exactly that and refuse anything else, so a value has one encoding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct FieldElement(pub(crate) Fr);

/// Why bytes or text are not a field element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseFieldError {
    /// The integer is at or above the modulus of the field.
    #[error("not canonical: the value is not below the modulus of the BN254 scalar field")]
    NotCanonical,
    /// The text is not `0x` and 64 lowercase hexadecimal digits.
    #[error("expected 0x and 64 lowercase hexadecimal digits")]
    Text,
    /// The byte string does not have 32 bytes.
    #[error("expected 32 bytes")]
    Length,
}

impl FieldElement {
    /// The additive identity; also the value of an empty leaf.
    pub const ZERO: Self = Self(ark_ff::MontFp!("0"));

    /// Parses 32 big-endian bytes; refuses a value at or above the modulus.
    pub fn from_be_bytes(bytes: &[u8; FIELD_BYTES]) -> Result<Self, ParseFieldError> {
        let mut limbs = [0u64; 4];
        for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks_exact(8)) {
            *limb = chunk.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        }
        Fr::from_bigint(BigInt(limbs)).map(Self).ok_or(ParseFieldError::NotCanonical)
    }

    /// As [`Self::from_be_bytes`], for a slice whose length is not yet known to be 32.
    pub fn from_be_slice(bytes: &[u8]) -> Result<Self, ParseFieldError> {
        Self::from_be_bytes(bytes.try_into().map_err(|_| ParseFieldError::Length)?)
    }

    /// The canonical encoding: 32 bytes, big-endian.
    pub fn to_be_bytes(self) -> [u8; FIELD_BYTES] {
        let mut bytes = [0; FIELD_BYTES];
        for (chunk, limb) in bytes.rchunks_exact_mut(8).zip(self.0.into_bigint().0) {
            chunk.copy_from_slice(&limb.to_be_bytes());
        }
        bytes
    }

    /// The element of a small integer.
    pub fn from_u64(value: u64) -> Self {
        Self(Fr::from(value))
    }

    /// The element of 31 big-endian bytes: 248 bits always lie below the modulus.
    pub fn from_248_bits(bytes: &[u8; 31]) -> Self {
        let mut padded = [0; FIELD_BYTES];
        padded[1..].copy_from_slice(bytes);
        Self::from_be_bytes(&padded).expect("2^248 is below the modulus")
    }

    /// Whether this is 0.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// The modulus `r`, 32 bytes, big-endian: the least value that no parser accepts.
    pub fn modulus_be_bytes() -> [u8; FIELD_BYTES] {
        Fr::MODULUS.to_bytes_be().try_into().expect("the modulus has 254 bits")
    }

    /// The four 64-bit limbs of the internal (Montgomery) form, least significant first. For snapshots only: reading
    /// them back needs no conversion. Not an encoding of the protocol.
    pub fn to_montgomery_limbs(self) -> [u64; 4] {
        self.0.0.0
    }

    /// The element with these Montgomery limbs; refuses limbs at or above the modulus.
    pub fn from_montgomery_limbs(limbs: [u64; 4]) -> Result<Self, ParseFieldError> {
        let value = BigInt(limbs);
        if value >= Fr::MODULUS {
            return Err(ParseFieldError::NotCanonical);
        }
        Ok(Self(Fr::new_unchecked(value)))
    }
}

impl fmt::Display for FieldElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.to_be_bytes()))
    }
}

impl fmt::Debug for FieldElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for FieldElement {
    type Err = ParseFieldError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("0x").ok_or(ParseFieldError::Text)?;
        if digits.len() != 2 * FIELD_BYTES || digits.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ParseFieldError::Text);
        }
        let mut bytes = [0; FIELD_BYTES];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| ParseFieldError::Text)?;
        Self::from_be_bytes(&bytes)
    }
}

impl Zeroize for FieldElement {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Serialize for FieldElement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FieldElement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plus(mut bytes: [u8; 32], mut carry: u8) -> [u8; 32] {
        for byte in bytes.iter_mut().rev() {
            let (sum, over) = byte.overflowing_add(carry);
            (*byte, carry) = (sum, u8::from(over));
        }
        bytes
    }

    #[test]
    fn a_wiped_element_is_zero() {
        let mut element = FieldElement::from_u64(7);
        element.zeroize();
        assert_eq!(element, FieldElement::ZERO);
    }

    #[test]
    fn the_modulus_and_everything_above_it_is_refused() {
        let modulus = FieldElement::modulus_be_bytes();
        assert_eq!(hex::encode(modulus), "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001");
        for bytes in [modulus, plus(modulus, 1), [0xff; 32]] {
            assert_eq!(FieldElement::from_be_bytes(&bytes), Err(ParseFieldError::NotCanonical));
            let text = format!("0x{}", hex::encode(bytes));
            assert_eq!(text.parse::<FieldElement>(), Err(ParseFieldError::NotCanonical));
        }
        let mut largest = modulus;
        largest[31] -= 1;
        assert_eq!(FieldElement::from_be_bytes(&largest).unwrap().to_be_bytes(), largest);
    }

    #[test]
    fn small_elements() {
        assert!(FieldElement::ZERO.is_zero() && !FieldElement::from_u64(1).is_zero());
        assert_eq!(FieldElement::from_be_bytes(&[0; 32]), Ok(FieldElement::ZERO));
        let one = FieldElement::from_u64(1).to_be_bytes();
        assert_eq!(one, plus([0; 32], 1));
        assert_eq!(FieldElement::from_be_slice(&one[1..]), Err(ParseFieldError::Length));
        assert_eq!(FieldElement::from_be_slice(&[one.as_slice(), &[0]].concat()), Err(ParseFieldError::Length));
    }

    #[test]
    fn text_has_one_form() {
        let one = FieldElement::from_u64(0xab).to_string();
        assert_eq!(one.parse::<FieldElement>(), Ok(FieldElement::from_u64(0xab)));
        for text in [one.to_uppercase(), one.replace("ab", "AB"), one[2..].to_owned(), format!("{one}0"), "0x1".into()]
        {
            assert_eq!(text.parse::<FieldElement>(), Err(ParseFieldError::Text), "{text}");
        }
    }

    #[test]
    fn montgomery_limbs_above_the_modulus_are_refused() {
        for limbs in [[u64::MAX; 4], Fr::MODULUS.0] {
            assert_eq!(FieldElement::from_montgomery_limbs(limbs), Err(ParseFieldError::NotCanonical));
        }
    }

    proptest! {
        #[test]
        fn an_element_has_exactly_one_encoding(bytes: [u8; 32]) {
            match FieldElement::from_be_bytes(&bytes) {
                Ok(element) => {
                    prop_assert_eq!(element.to_be_bytes(), bytes);
                    prop_assert_eq!(element.to_string().parse::<FieldElement>(), Ok(element));
                    prop_assert_eq!(FieldElement::from_montgomery_limbs(element.to_montgomery_limbs()), Ok(element));
                }
                Err(_) => prop_assert!(bytes >= FieldElement::modulus_be_bytes()),
            }
        }
    }
}
