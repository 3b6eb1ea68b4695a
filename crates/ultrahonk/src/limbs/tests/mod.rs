//! The limbs against arkworks.

mod bytes;
mod products;
mod short;

use std::vec::Vec;

use ark_bn254::Fr;
use ark_ff::{BigInteger, Field, PrimeField};
use proptest::prelude::*;

use super::constants::{self, FOLDS, MASK, ORDER, ORDER_WORDS, TWICE_ORDER};
use super::residue::{montgomery, residue, word};
use super::settle::carry;
use super::{Columns, Fr29, Loose, Operand, Short, Word};

/// Asserts the bounds of an element (by its top limb, of which `r` is 3171406), and returns what it stands for.
fn checked(element: Fr29) -> Fr {
    assert!(element.0[..8].iter().all(|limb| limb.abs() <= MASK), "{:x?}", element.0);
    assert!(element.0[8].abs() <= 3_964_257, "{:x?}", element.0);
    residue(&element.0)
}

/// Largest limbs of either sign: 1.25 r at most.
const LARGEST: Fr29 = Fr29([MASK, MASK, MASK, MASK, MASK, MASK, MASK, MASK, 3_964_256]);

fn edges() -> Vec<Fr29> {
    let small = [0, 1, -1, 2].map(|value| Fr29([value, 0, 0, 0, 0, 0, 0, 0, 0]));
    let order = Fr29(ORDER);
    let alternating = Fr29([MASK, -MASK, MASK, -MASK, MASK, -MASK, MASK, -MASK, 3_000_000]);
    small.into_iter().chain([order, order.negated(), LARGEST, LARGEST.negated(), alternating]).collect()
}

/// Any element: any limbs within the bounds, or an edge.
fn element() -> impl Strategy<Value = Fr29> {
    let limbs = (proptest::array::uniform8(-MASK..=MASK), -3_964_255i64..=3_964_255)
        .prop_map(|(low, top)| Fr29([low[0], low[1], low[2], low[3], low[4], low[5], low[6], low[7], top]));
    prop_oneof![4 => limbs, 1 => proptest::sample::select(edges())]
}

#[test]
fn constants_follow_from_the_modulus() {
    assert_eq!(ORDER_WORDS, Fr::MODULUS.0);
    assert_eq!(residue(&ORDER), Fr::from(0u64));
    assert_eq!(carry(|i| 2 * ORDER[i]), TWICE_ORDER);
    for (index, fold) in FOLDS.iter().enumerate() {
        assert_eq!(residue(fold), Fr::from(2u64).pow([29 * (9 + index as u64)]));
        assert!(fold.iter().all(|digit| digit.abs() <= 1 << 28));
    }
    let value = Fr::from(12_345u64).pow([77]);
    let words = value.into_bigint().0;
    assert_eq!(checked(constants::element(words, 0)), value);
    assert_eq!(checked(constants::element(words, 1)), value * montgomery());
    assert_eq!(checked(constants::element(constants::negated(words), 2)), -value * montgomery() * montgomery());
    assert_eq!(constants::words_of_bytes(&value.into_bigint().to_bytes_be().try_into().expect("32 bytes")), words);
}
