//! Integers and the residues that they stand for, in arkworks: to compute hints, and for tests.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, PrimeField};

use super::Word;

/// The residue of an integer of limbs, of whatever size and number.
pub(crate) fn residue(limbs: &[i64]) -> Fr {
    limbs.iter().rev().fold(Fr::ZERO, |sum, limb| sum * Fr::from(1u64 << 29) + Fr::from(*limb))
}

/// `R`.
pub(crate) fn montgomery() -> Fr {
    Fr::from(2u64).pow([261])
}

/// The canonical encoding of a residue.
pub(crate) fn word(value: Fr) -> Word {
    let mut words = value.into_bigint().0;
    words.reverse();
    words.map(u64::to_be)
}
