//! Field operations.

use super::*;

/// Every operation on a pair, against arkworks, and the bounds of every result.
fn check_pair(a: Fr29, b: Fr29) {
    let (x, y) = (meaning(&a.0), meaning(&b.0));
    assert_eq!(checked(a + b), x + y);
    assert_eq!(checked(a - b), x - y);
    assert_eq!(checked(-a), -x);
    assert_eq!(checked(a * b), x * y);
    assert_eq!(checked(a.squared()), x * x);
    assert_eq!(a == b, x == y);

    let sum = a.plus(&b);
    assert_eq!(checked(sum.carried()), x + y);
    assert_eq!(checked(sum.times(&a)), (x + y) * x);
    assert_eq!(checked(a.times(&sum)), (x + y) * x);
    assert_eq!(checked(sum.times(&b.plus(&LARGEST))), (x + y) * (y + meaning(&LARGEST.0)));
    assert_eq!(checked(sum.squared()), (x + y) * (x + y));

    let (mut added, mut subtracted, mut multiplied) = (a, a, a);
    added += b;
    subtracted -= b;
    multiplied *= b;
    assert_eq!([checked(added), checked(subtracted), checked(multiplied)], [x + y, x - y, x * y]);
}

#[test]
fn edges_agree_with_arkworks() {
    for a in edges() {
        for b in edges() {
            check_pair(a, b);
        }
    }
}

#[test]
fn the_largest_limbs_do_not_overflow() {
    let sum = meaning(&largest_sum().0);
    assert_eq!(sum, meaning(&LARGEST.0) + meaning(&LARGEST.0));
    assert_eq!(checked(largest_sum().times(&largest_sum())), sum * sum);
    assert_eq!(checked(largest_sum().squared()), sum * sum);
}

#[test]
fn representatives_of_one_element_are_equal() {
    for value in [Fr::from(0u64), Fr::from(7u64), -Fr::from(7u64)] {
        for (i, j) in (0..5).flat_map(|i| (0..5).map(move |j| (i, j))) {
            assert_eq!(representative(value, i), representative(value, j));
            assert_ne!(representative(value, i), representative(value + Fr::from(1u64), j));
        }
    }
}

#[test]
fn long_chains_of_additions_stay_within_the_bounds() {
    let (mut up, mut down) = (LARGEST, LARGEST);
    for step in 1..100u64 {
        up += LARGEST;
        down -= LARGEST;
        let largest = meaning(&LARGEST.0);
        assert_eq!(checked(up), largest * Fr::from(step + 1));
        assert_eq!(checked(down), largest - largest * Fr::from(step));
    }
}

proptest! {
    #[test]
    fn pairs_agree_with_arkworks(a in element(), b in element()) {
        check_pair(a, b);
    }
}
