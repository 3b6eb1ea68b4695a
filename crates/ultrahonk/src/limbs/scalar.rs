//! The scalar field of the verifier.

use super::bytes::limbs_of_words;
use super::constants::R_SQUARED;
use super::montgomery::product;
use super::settle::settle;
use super::{Fr29, Operand};
use crate::backend::{SCALAR_BYTES, Scalar};

/// The largest sum of magnitudes of coefficients that [`settle`] takes: columns are below `2^17 2^29`, the top one below
/// `2^17 2^24`.
const MAGNITUDE_LIMIT: u64 = 1 << 17;

impl Scalar for Fr29 {
    const ZERO: Self = Self::ZERO;
    const ONE: Self = Self::ONE;

    fn from_be_bytes(bytes: &[u8; SCALAR_BYTES]) -> Option<Self> {
        Self::from_be_bytes(bytes)
    }

    fn from_u128(value: u128) -> Self {
        let limbs = limbs_of_words(&[value as u64, (value >> 64) as u64, 0, 0]);
        Self(product(&limbs, &R_SQUARED))
    }

    fn square(self) -> Self {
        self.squared()
    }

    /// Expensive: see [`Fr29`]'s own power.
    fn inverse(self) -> Option<Self> {
        let inverse = self.inverse_or_zero();
        (!inverse.is_zero()).then_some(inverse)
    }

    fn from_i64(value: i64) -> Self {
        Self::small_combination(&[value], &[Self::ONE])
    }

    /// One pass over the limbs where the coefficients' magnitudes sum to at most `2^17`; term by term otherwise.
    #[inline]
    fn small_combination<const N: usize>(coefficients: &[i64; N], elements: &[Self; N]) -> Self {
        let magnitudes = coefficients.iter().map(|coefficient| coefficient.unsigned_abs());
        if magnitudes.fold(0, u64::saturating_add) > MAGNITUDE_LIMIT {
            return large_combination(coefficients, elements);
        }
        let terms = |i: usize| coefficients.iter().zip(elements).map(move |(c, e)| c.wrapping_mul(e.0[i] as i64));
        Self(settle(|i| terms(i).fold(0, i64::wrapping_add)))
    }
}

#[inline(never)]
fn large_combination(coefficients: &[i64], elements: &[Fr29]) -> Fr29 {
    coefficients.iter().zip(elements).fold(Fr29::ZERO, |sum, (coefficient, element)| {
        let term = Fr29::from_u128(u128::from(coefficient.unsigned_abs())) * *element;
        if *coefficient < 0 { sum - term } else { sum + term }
    })
}
