//! Short factors.

use super::*;

fn short() -> impl Strategy<Value = (Short, Fr)> {
    prop_oneof![4 => any::<u128>(), 1 => Just(u128::MAX), 1 => Just(0u128)].prop_map(|value| {
        let value = value & ((1 << 127) - 1);
        (Short::of_low_bits(value as u64, (value >> 64) as u64 | 1 << 63), Fr::from(value))
    })
}

proptest! {
    #[test]
    fn products_agree_with_arkworks(a in element(), b in element(), (short, value) in short()) {
        let (x, y) = (residue(&a.0), residue(&b.0));
        prop_assert_eq!(residue(&short.0), value);
        prop_assert_eq!(checked(short.element()), value);
        prop_assert_eq!(checked(short.times(&a)), value * x);
        prop_assert_eq!(checked(short.times(&a.minus(&b))), value * (x - y));
        prop_assert_eq!(checked(short.times(&a.plus(&b))), value * (x + y));
        let (one, complement) = (Fr::from(1u64), short.one_minus());
        prop_assert_eq!(checked(complement.times(&a)), (one - value) * x);
        let mut shifted = short;
        shifted.shift(-8);
        prop_assert_eq!(checked(shifted.times(&a)), (value - Fr::from(8)) * x);
        let columns = b.0.map(|limb| limb * 3);
        let sum = short.times_plus(&a, 6720, &columns);
        prop_assert_eq!(checked(sum), value * x + Fr::from(3 * 6720) * y);
    }
}

#[test]
fn the_largest_products_do_not_overflow() {
    let mut largest = Short::of_low_bits(u64::MAX, u64::MAX);
    largest.shift(8);
    for (a, b) in edges().into_iter().flat_map(|a| edges().into_iter().map(move |b| (a, b))) {
        for short in [largest, largest.one_minus()] {
            for loose in [a.plus(&b), a.minus(&b)] {
                assert_eq!(checked(short.times(&loose)), residue(&short.0) * residue(&loose.0));
            }
            let columns = b.0.map(|limb| limb * 256);
            assert_eq!(
                checked(short.times_plus(&a, 1 << 9, &columns)),
                residue(&short.0) * residue(&a.0) + Fr::from(1 << 17) * residue(&b.0)
            );
        }
    }
}
