//! Sums of products.

use super::*;
use crate::limbs::{Columns, WEIGHT_LIMIT};

#[test]
fn the_empty_sum_is_zero() {
    assert_eq!(checked(Columns::EMPTY.reduce()), Fr::from(0u64));
}

#[test]
fn sums_of_the_largest_operands_do_not_overflow() {
    let (one, two) = (meaning(&LARGEST.0), meaning(&largest_sum().0));
    let mut light = Columns::EMPTY;
    let mut mixed = Columns::EMPTY;
    let mut heavy = Columns::EMPTY;
    let (mut light_sum, mut mixed_sum, mut heavy_sum) = (Fr::from(0u64), Fr::from(0u64), Fr::from(0u64));
    for _ in 0..100 * WEIGHT_LIMIT {
        light.accumulate(&LARGEST, &LARGEST);
        mixed.accumulate(&LARGEST, &largest_sum());
        mixed.accumulate(&LARGEST, &LARGEST);
        heavy.accumulate(&largest_sum(), &largest_sum());
        light_sum += one * one;
        mixed_sum += one * two + one * one;
        heavy_sum += two * two;
        assert_eq!(checked(light.reduce()), light_sum);
        assert_eq!(checked(mixed.reduce()), mixed_sum);
        assert_eq!(checked(heavy.reduce()), heavy_sum);
    }
}

#[test]
fn the_documented_number_of_terms_is_sound() {
    let square = meaning(&LARGEST.0) * meaning(&LARGEST.0);
    let mut columns = Columns::EMPTY;
    for _ in 0..1 << 15 {
        columns.accumulate(&LARGEST, &LARGEST);
    }
    assert_eq!(checked(columns.reduce()), square * Fr::from(1u64 << 15));
}

proptest! {
    #[test]
    fn sums_agree_with_arkworks(pairs in proptest::collection::vec((element(), element(), any::<bool>()), 0..40)) {
        let (mut columns, mut expected) = (Columns::EMPTY, Fr::from(0u64));
        for (a, b, lazily) in &pairs {
            let (x, y) = (meaning(&a.0), meaning(&b.0));
            if *lazily {
                columns.accumulate(&a.plus(b), b);
                expected += (x + y) * y;
            } else {
                columns.accumulate(a, b);
                expected += x * y;
            }
        }
        prop_assert_eq!(checked(columns.reduce()), expected);
    }
}
