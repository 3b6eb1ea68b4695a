//! Integers and their combinations.

use super::*;
use crate::backend::Scalar;

fn integer(value: i64) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

fn check<const N: usize>(coefficients: &[i64; N], elements: &[Fr29; N]) {
    let terms = coefficients.iter().zip(elements).map(|(c, element)| integer(*c) * meaning(&element.0));
    assert_eq!(checked(Fr29::small_combination(coefficients, elements)), terms.sum::<Fr>(), "{coefficients:?}");
}

/// On both sides of the limit of the quick path, and the extremes.
const INTEGERS: [i64; 13] = [
    0,
    1,
    -1,
    40_320,
    -57_400,
    1 << 16,
    1 << 17,
    -(1 << 17),
    (1 << 17) + 1,
    -(1 << 17) - 1,
    1 << 40,
    i64::MAX,
    i64::MIN,
];

#[test]
fn integers_agree_with_arkworks() {
    for value in INTEGERS {
        assert_eq!(checked(Fr29::from_i64(value)), integer(value));
    }
    for value in [0, 1, u128::from(u64::MAX), 1 << 64, u128::MAX - 1, u128::MAX] {
        assert_eq!(checked(Fr29::from_u128(value)), Fr::from(value));
    }
}

#[test]
fn combinations_of_the_largest_operands_do_not_overflow() {
    for c in INTEGERS {
        check(&[c], &[LARGEST]);
        check(&[c, c], &[LARGEST, LARGEST]);
        check(&[c, c.wrapping_neg(), 3], &[LARGEST, Fr29::ZERO, LARGEST]);
    }
    check(&[-57_400, 32_256, -4032, 512, -36], &[LARGEST; 5]);
    check::<0>(&[], &[]);
}

proptest! {
    #[test]
    fn small_combinations_agree_with_arkworks(
        coefficients in proptest::array::uniform5(-26_214i64..=26_214),
        elements in proptest::array::uniform5(element()),
    ) {
        check(&coefficients, &elements);
    }

    #[test]
    fn large_combinations_agree_with_arkworks(
        coefficients in any::<[i64; 3]>(),
        elements in proptest::array::uniform3(element()),
    ) {
        check(&coefficients, &elements);
    }

    #[test]
    fn wide_integers_agree_with_arkworks(value in any::<u128>()) {
        prop_assert_eq!(checked(Fr29::from_u128(value)), Fr::from(value));
    }
}
