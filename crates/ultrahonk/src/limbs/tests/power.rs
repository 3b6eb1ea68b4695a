//! Inverses.

use super::*;
use crate::backend::Scalar;

#[test]
fn every_representative_of_zero_has_no_inverse() {
    for multiples in 0..5 {
        let zero = representative(Fr::from(0u64), multiples);
        assert!(zero.is_zero());
        assert_eq!(zero.inverse(), None);
    }
    assert!(!Fr29::ONE.is_zero());
}

#[test]
fn edges_are_inverted() {
    for element in edges() {
        assert_eq!(element.inverse().map(checked), Field::inverse(&meaning(&element.0)));
    }
}

proptest! {
    #[test]
    fn inverses_agree_with_arkworks(element in element()) {
        prop_assert_eq!(element.inverse().map(checked), Field::inverse(&meaning(&element.0)));
    }
}
