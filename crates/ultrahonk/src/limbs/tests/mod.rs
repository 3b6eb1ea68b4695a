//! The limbs against arkworks.

mod bytes;
mod columns;
mod operators;
mod power;
mod small;

use std::vec::Vec;

use ark_bn254::Fr;
use ark_ff::{BigInteger, Field, PrimeField};
use proptest::prelude::*;

use super::constants::{MASK, NEGATIVE_INVERSE, ONE, ORDER, ORDER_WORDS, R_SQUARED, TWICE_ORDER};
use super::settle::carry;
use super::{Fr29, Limbs, Operand, Sum29};

/// The largest limbs of an element: all ones, `2^256 - 1`.
const LARGEST: Fr29 = Fr29([MASK, MASK, MASK, MASK, MASK, MASK, MASK, MASK, (1 << 24) - 1]);

/// The largest limbs of a sum.
fn largest_sum() -> Sum29 {
    LARGEST.plus(&LARGEST)
}

/// What limbs stand for, whatever their size: their value by `R`.
fn meaning(limbs: &Limbs) -> Fr {
    let value = limbs.iter().rev().fold(Fr::from(0u64), |sum, limb| sum * Fr::from(1u64 << 29) + Fr::from(*limb));
    value / Fr::from(2u64).pow([261])
}

/// Asserts the bounds of an element, and returns what it stands for.
fn checked(element: Fr29) -> Fr {
    assert!(element.0[..8].iter().all(|limb| *limb <= MASK) && element.0[8] < 1 << 24, "{:x?}", element.0);
    meaning(&element.0)
}

fn be_bytes(value: Fr) -> [u8; 32] {
    value.into_bigint().to_bytes_be().try_into().expect("32 bytes")
}

/// The representative of `value` with `multiples` of `r` added.
fn representative(value: Fr, multiples: u64) -> Fr29 {
    let canonical = Fr29::from_be_bytes_by_r(&be_bytes(value * Fr::from(2u64).pow([261]))).expect("a canonical value");
    let limbs = carry(|i| (canonical.0[i] + multiples * ORDER[i]) as i64);
    assert_eq!(meaning(&limbs), value);
    Fr29(limbs)
}

/// Values at the edges, in every representation that the bounds allow, and the largest limbs.
fn edges() -> Vec<Fr29> {
    let values = [Fr::from(0u64), Fr::from(1u64), Fr::from(2u64), -Fr::from(1u64), -Fr::from(2u64)];
    let all = values.into_iter().flat_map(|value| (0..5).map(move |multiples| representative(value, multiples)));
    all.chain([LARGEST, Fr29([0; 9]), Fr29(ORDER), Fr29(TWICE_ORDER), Fr29([0, 0, 0, 0, 0, 0, 0, 0, (1 << 24) - 1])])
        .collect()
}

/// Any element: any limbs within the bounds, or an edge.
fn element() -> impl Strategy<Value = Fr29> {
    let limbs = (proptest::array::uniform8(0..=MASK), 0u64..1 << 24)
        .prop_map(|(low, top)| Fr29([low[0], low[1], low[2], low[3], low[4], low[5], low[6], low[7], top]));
    prop_oneof![4 => limbs, 1 => proptest::sample::select(edges())]
}

#[test]
fn constants_follow_from_the_modulus() {
    assert_eq!(ORDER_WORDS, Fr::MODULUS.0);
    assert_eq!(super::bytes::limbs_of_words(&ORDER_WORDS), ORDER);
    assert_eq!(carry(|i| 2 * ORDER[i] as i64), TWICE_ORDER);
    assert_eq!(ORDER[0].wrapping_mul(NEGATIVE_INVERSE) & MASK, MASK);
    assert_eq!(meaning(&ONE), Fr::from(1u64));
    assert_eq!(meaning(&R_SQUARED), Fr::from(2u64).pow([261]));
    assert_eq!([ONE, R_SQUARED].map(|limbs| limbs.iter().rev().lt(ORDER.iter().rev())), [true; 2]);
}
