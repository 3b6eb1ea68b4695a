//! Products, sums of products, combinations.

use super::*;

proptest! {
    #[test]
    fn products_agree_with_arkworks(a in element(), b in element(), c in element()) {
        let [x, y, z] = [&a, &b, &c].map(|element| residue(&element.0));
        prop_assert_eq!(checked(a.times(&b)) * montgomery(), x * y);
        prop_assert_eq!(checked(a.squared()) * montgomery(), x * x);
        prop_assert_eq!(checked(a.plus(&b).times(&c)) * montgomery(), (x + y) * z);
        prop_assert_eq!(checked(a.minus(&b).times(&c)) * montgomery(), (x - y) * z);
        prop_assert_eq!(checked(a.plus(&b).tightened()), x + y);
        prop_assert_eq!(checked(a.minus(&b).tightened()), x - y);
        prop_assert_eq!(checked(a.negated()), -x);
    }

    #[test]
    fn sums_agree_with_arkworks(terms in proptest::collection::vec((element(), element(), any::<bool>()), 1..8)) {
        let (a, b, _) = &terms[0];
        let mut columns = Columns::of(a, b);
        let mut expected = residue(&a.0) * residue(&b.0);
        for (a, b, loose) in &terms[1..] {
            let (x, y) = (residue(&a.0), residue(&b.0));
            if *loose {
                columns.add(&a.plus(b), b);
                expected += (x + y) * y;
            } else {
                columns.add(a, b).add_element(a);
                expected += x * y + x * montgomery();
            }
        }
        prop_assert_eq!(residue(&columns.reduce().0) * montgomery(), expected);
    }

    #[test]
    fn combinations_agree_with_arkworks(a in element(), b in element(), c in element()) {
        let expected = Fr::from(40_320) * residue(&a.0) - Fr::from(17) * residue(&b.0) + residue(&c.0);
        prop_assert_eq!(checked(Fr29::combination([40_320, -17, 1], [&a, &b, &c])), expected);
    }
}

#[test]
fn the_largest_sums_do_not_overflow() {
    for (a, b) in edges().into_iter().flat_map(|a| edges().into_iter().map(move |b| (a, b))) {
        let mut columns = Columns::of(&a.minus(&b), &a);
        let mut expected = (residue(&a.0) - residue(&b.0)) * residue(&a.0);
        for _ in 0..10 {
            columns.add(&a, &b).add(&b, &b);
            expected += residue(&a.0) * residue(&b.0) + residue(&b.0) * residue(&b.0);
        }
        assert_eq!(checked(columns.reduce()) * montgomery(), expected);
    }
}
