//! Products and Montgomery reduction by columns (product scanning; the FIPS method of Koç, Acar and Kaliski, "Analyzing and
//! Comparing Montgomery Multiplication Algorithms", 1996). The routines are functions of their own, never inlined: a verifier
//! multiplies at hundreds of places.

use super::constants::{BITS, MASK, NEGATIVE_INVERSE, ORDER};
use super::count::{Routine, note};
use super::load::load;
use super::{COUNT, Limbs};

/// Columns of a product.
pub(super) const COLUMNS: usize = 2 * COUNT - 1;

/// The columns of a value that is to be reduced, within the bounds of [`crate::limbs`].
trait Source {
    /// `sum` plus column `K`.
    fn add_column<const K: usize>(&self, sum: i64) -> i64;
}

struct Product<'a>(&'a Limbs, &'a Limbs);
struct Square<'a>(&'a Limbs);
struct Stored<'a>(&'a [i64; COLUMNS]);
/// A value, not a product: its limbs are the lowest columns.
struct Single<'a>(&'a Limbs);

impl Source for Product<'_> {
    #[inline(always)]
    fn add_column<const K: usize>(&self, sum: i64) -> i64 {
        add_products::<K>(sum, self.0, self.1)
    }
}

impl Source for Square<'_> {
    #[inline(always)]
    fn add_column<const K: usize>(&self, sum: i64) -> i64 {
        let (mut low, mut high) = const { (K.saturating_sub(COUNT - 1), if K < COUNT { K } else { COUNT - 1 }) };
        let mut half = 0i64;
        while low < high {
            half = half.wrapping_add(load(self.0, low).wrapping_mul(load(self.0, high)));
            low += 1;
            high -= 1;
        }
        let middle = if K.is_multiple_of(2) { load(self.0, K / 2).wrapping_mul(load(self.0, K / 2)) } else { 0 };
        sum.wrapping_add(half).wrapping_add(half).wrapping_add(middle)
    }
}

impl Source for Stored<'_> {
    #[inline(always)]
    fn add_column<const K: usize>(&self, sum: i64) -> i64 {
        sum.wrapping_add(load(self.0, K))
    }
}

impl Source for Single<'_> {
    #[inline(always)]
    fn add_column<const K: usize>(&self, sum: i64) -> i64 {
        if K < COUNT { sum.wrapping_add(load(self.0, K)) } else { sum }
    }
}

/// `sum` plus the products `a[i] * b[K - i]`.
#[inline(always)]
pub(super) fn add_products<const K: usize>(mut sum: i64, a: &Limbs, b: &Limbs) -> i64 {
    let (first, last) = const { (K.saturating_sub(COUNT - 1), if K < COUNT { K } else { COUNT - 1 }) };
    let mut i = first;
    while i <= last {
        sum = sum.wrapping_add(load(a, i).wrapping_mul(load(b, K - i)));
        i += 1;
    }
    sum
}

/// `sum` plus `m[i] * r[K - i]` for the `i < K` that are limbs.
#[inline(always)]
fn add_multiples<const K: usize>(mut sum: i64, m: &Limbs) -> i64 {
    let (first, end) = const { (K.saturating_sub(COUNT - 1), if K < COUNT { K } else { COUNT }) };
    let mut i = first;
    while i < end {
        sum = sum.wrapping_add(load(m, i).wrapping_mul(ORDER[K - i]));
        i += 1;
    }
    sum
}

/// `value / R` modulo `r`: between `value / R` and `value / R + r`.
///
/// From the lowest column on, adds the multiple of `r` that clears the column's 29 bits; nine columns are nothing but carry
/// then, and the other eight are the result, which takes the place of the multipliers that are no longer needed. Additions
/// wrap in name only: the bounds of the module keep every sum in 64 bits.
#[inline(always)]
fn reduce<S: Source>(source: S) -> Limbs {
    let mut carry = source.add_column::<0>(0);
    let multiplier = carry.wrapping_mul(NEGATIVE_INVERSE) & MASK;
    carry = carry.wrapping_add(multiplier.wrapping_mul(ORDER[0])) >> BITS;
    // The multipliers, then the result: column `k` is the last to need the multiplier `k - 8`.
    let mut m = [multiplier; COUNT];
    macro_rules! cleared {
        ($($k:literal)*) => {$(
            carry = add_multiples::<$k>(source.add_column::<$k>(carry), &m);
            let multiplier = carry.wrapping_mul(NEGATIVE_INVERSE) & MASK;
            m[$k] = multiplier;
            carry = carry.wrapping_add(multiplier.wrapping_mul(ORDER[0])) >> BITS;
        )*};
    }
    macro_rules! kept {
        ($($k:literal)*) => {$(
            carry = add_multiples::<$k>(source.add_column::<$k>(carry), &m);
            m[$k - COUNT] = carry & MASK;
            carry >>= BITS;
        )*};
    }
    cleared!(1 2 3 4 5 6 7 8);
    kept!(9 10 11 12 13 14 15 16);
    m[COUNT - 1] = carry;
    m
}

/// `a * b / R`. The weights' product is at most 2.
#[inline(never)]
pub(super) fn product(a: &Limbs, b: &Limbs) -> Limbs {
    note(Routine::Product);
    reduce(Product(a, b))
}

/// `a * a / R`, for a weight of 1.
#[inline(never)]
pub(super) fn square(a: &Limbs) -> Limbs {
    note(Routine::Square);
    reduce(Square(a))
}

/// The columns' value by `R`.
#[inline(never)]
pub(super) fn reduce_columns(columns: &[i64; COLUMNS]) -> Limbs {
    note(Routine::Reduction);
    reduce(Stored(columns))
}

/// `a / R`.
#[inline(never)]
pub(super) fn reduce_single(a: &Limbs) -> Limbs {
    note(Routine::Reduction);
    reduce(Single(a))
}

/// Adds the columns of `a * b`.
#[inline(never)]
pub(super) fn add_product(columns: &mut [i64; COLUMNS], a: &Limbs, b: &Limbs) {
    note(Routine::Term);
    macro_rules! each {
        ($($k:literal)*) => {$( columns[$k] = add_products::<$k>(columns[$k], a, b); )*};
    }
    each!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

/// The columns of `a * b`.
#[inline(never)]
pub(super) fn first_product(a: &Limbs, b: &Limbs) -> [i64; COLUMNS] {
    note(Routine::Term);
    let lowest = add_products::<0>(0, a, b);
    // Not zeros: filling an array with zeros is a slow call on the machine that this is for.
    let mut columns = [lowest; COLUMNS];
    macro_rules! each {
        ($($k:literal)*) => {$( columns[$k] = add_products::<$k>(0, a, b); )*};
    }
    each!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
    columns
}
