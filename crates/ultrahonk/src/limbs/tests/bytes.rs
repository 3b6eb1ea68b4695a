//! The encoding and comparisons.

use super::*;

fn parsed(word: &Word) -> Option<Fr29> {
    let mut canonical = true;
    let element = Fr29::parse(word, &mut canonical);
    canonical.then_some(element)
}

/// `r` plus a number that may be negative, as a word.
fn order_plus(difference: i64) -> Word {
    let value = i128::from(ORDER_WORDS[0]) + i128::from(difference);
    let low = u64::try_from(value).expect("the low word of r is in the middle of its range");
    [ORDER_WORDS[3], ORDER_WORDS[2], ORDER_WORDS[1], low].map(u64::to_be)
}

#[test]
fn values_at_or_above_the_order_are_refused() {
    for difference in [0, 1, 2, 1 << 60] {
        assert!(parsed(&order_plus(difference)).is_none(), "r + {difference}");
    }
    for difference in [-1, -2, -(1 << 60)] {
        let element = parsed(&order_plus(difference)).expect("below r");
        assert_eq!(checked(element), Fr::from(difference));
    }
    assert!(parsed(&[u64::MAX; 4]).is_none());
    for place in 0..4 {
        let mut word = order_plus(0);
        word[place] = (u64::from_be(word[place]) + 1).to_be();
        assert!(parsed(&word).is_none(), "word {place}");
        word[place] = (u64::from_be(word[place]) - 2).to_be();
        assert!(parsed(&word).is_some(), "word {place}");
    }
}

#[test]
fn a_refusal_is_kept() {
    let mut canonical = true;
    Fr29::parse(&order_plus(0), &mut canonical);
    Fr29::parse(&[0; 4], &mut canonical);
    assert!(!canonical);
}

#[test]
fn every_multiple_of_the_order_is_zero() {
    for factor in -2i64..=2 {
        let multiple = core::array::from_fn(|i| factor * ORDER[i]);
        assert!(Loose(multiple).is_zero(), "{factor} r");
        let mut other = multiple;
        other[0] += 1;
        assert!(!Loose(other).is_zero(), "{factor} r + 1");
        other[0] -= 2;
        assert!(!Loose(other).is_zero(), "{factor} r - 1");
    }
}

proptest! {
    #[test]
    fn words_stand_for_the_same_residue(element in element()) {
        let word = element.to_word().map(u64::from_be);
        let value = word.into_iter().fold(Fr::from(0u64), |sum, part| sum * Fr::from(2u64).pow([64]) + Fr::from(part));
        prop_assert_eq!(value, checked(element));
    }

    #[test]
    fn a_canonical_word_is_parsed_to_its_value(element in element()) {
        let value = checked(element);
        prop_assert_eq!(checked(parsed(&word(value)).expect("below r")), value);
    }

    #[test]
    fn comparisons_agree_with_arkworks(a in element(), b in element()) {
        let same = residue(&a.0) == residue(&b.0);
        prop_assert_eq!(a.is_congruent(&b), same);
        prop_assert_eq!(a.is_zero(), residue(&a.0) == Fr::from(0u64));
        prop_assert!(a.is_congruent(&parsed(&word(residue(&a.0))).expect("below r")));
    }
}
