//! Products and Montgomery reduction by columns (product scanning; the FIPS method of Koç, Acar and Kaliski, "Analyzing and
//! Comparing Montgomery Multiplication Algorithms", 1996). The routines are functions of their own, never inlined: a verifier
//! multiplies at hundreds of places.

use super::constants::{BITS, MASK, NEGATIVE_INVERSE, ORDER};
use super::load::load;
use super::{COUNT, Fr29, Limbs};

/// Columns of a product.
pub(super) const COLUMNS: usize = 2 * COUNT - 1;

/// What can be multiplied: an element or a sum of two.
pub trait Operand: sealed::Sealed {
    /// The product, as an element below `1.7 r`. Operands have weights up to 2, so the weight is at most 4.
    fn times<O: Operand>(&self, other: &O) -> Fr29 {
        Fr29(product(self.limbs(), other.limbs()))
    }

    /// `self * self`, for three quarters of the price of a product. The weight is at most 4.
    fn squared(&self) -> Fr29 {
        Fr29(square(self.limbs()))
    }
}

pub(super) mod sealed {
    use super::Limbs;

    pub trait Sealed {
        /// A multiple of `2^29` that bounds the limbs 0 to 7. Limb 8 is below `2^24` times this.
        const WEIGHT: u64;

        fn limbs(&self) -> &Limbs;
    }
}

/// The columns of a value that is to be reduced. Columns stay below `54 * 2^58`.
trait Source {
    /// `sum` plus column `K`.
    fn add_column<const K: usize>(&self, sum: u64) -> u64;
}

struct Product<'a>(&'a Limbs, &'a Limbs);
struct Square<'a>(&'a Limbs);
struct Stored<'a>(&'a [u64; COLUMNS]);
/// A value, not a product: its limbs are the lowest columns.
struct Single<'a>(&'a Limbs);

impl Source for Product<'_> {
    #[inline(always)]
    fn add_column<const K: usize>(&self, sum: u64) -> u64 {
        add_products::<K>(sum, self.0, self.1)
    }
}

impl Source for Square<'_> {
    #[inline(always)]
    fn add_column<const K: usize>(&self, sum: u64) -> u64 {
        let (mut low, mut high) = const { (K.saturating_sub(COUNT - 1), if K < COUNT { K } else { COUNT - 1 }) };
        let mut half = 0u64;
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
    fn add_column<const K: usize>(&self, sum: u64) -> u64 {
        sum.wrapping_add(load(self.0, K))
    }
}

impl Source for Single<'_> {
    #[inline(always)]
    fn add_column<const K: usize>(&self, sum: u64) -> u64 {
        if K < COUNT { sum.wrapping_add(load(self.0, K)) } else { sum }
    }
}

/// `sum` plus the products `a[i] * b[K - i]`.
#[inline(always)]
pub(super) fn add_products<const K: usize>(mut sum: u64, a: &Limbs, b: &Limbs) -> u64 {
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
fn add_multiples<const K: usize>(mut sum: u64, m: &Limbs) -> u64 {
    let (first, end) = const { (K.saturating_sub(COUNT - 1), if K < COUNT { K } else { COUNT }) };
    let mut i = first;
    while i < end {
        sum = sum.wrapping_add(load(m, i).wrapping_mul(ORDER[K - i]));
        i += 1;
    }
    sum
}

/// `value / R` modulo `r`: below `value / R + r`.
///
/// From the lowest column on, adds the multiple of `r` that clears the column's 29 bits; nine columns are nothing but carry
/// then, and the other eight are the result. Additions wrap in name only: the bounds of the module keep every sum in 64 bits.
#[inline(always)]
fn reduce<S: Source>(source: S) -> Limbs {
    let (mut m, mut limbs, mut carry) = ([0u64; COUNT], [0u64; COUNT], 0u64);
    macro_rules! cleared {
        ($($k:literal)*) => {$(
            carry = add_multiples::<$k>(source.add_column::<$k>(carry), &m);
            m[$k] = carry.wrapping_mul(NEGATIVE_INVERSE) & MASK;
            carry = carry.wrapping_add(m[$k].wrapping_mul(ORDER[0])) >> BITS;
        )*};
    }
    macro_rules! kept {
        ($($k:literal)*) => {$(
            carry = add_multiples::<$k>(source.add_column::<$k>(carry), &m);
            limbs[$k - COUNT] = carry & MASK;
            carry >>= BITS;
        )*};
    }
    cleared!(0 1 2 3 4 5 6 7 8);
    kept!(9 10 11 12 13 14 15 16);
    limbs[COUNT - 1] = carry;
    limbs
}

/// `a * b / R`. The weights' product is at most 6.
#[inline(never)]
pub(super) fn product(a: &Limbs, b: &Limbs) -> Limbs {
    reduce(Product(a, b))
}

/// `a * a / R`. The weight is at most 2.
#[inline(never)]
pub(super) fn square(a: &Limbs) -> Limbs {
    reduce(Square(a))
}

/// The columns' value by `R`. Columns are below `54 * 2^58`.
#[inline(never)]
pub(super) fn reduce_columns(columns: &[u64; COLUMNS]) -> Limbs {
    reduce(Stored(columns))
}

/// `a / R`, out of Montgomery form: at most `r`, and `r` only for a multiple of `r` that is not 0.
#[inline(never)]
pub(super) fn reduce_single(a: &Limbs) -> Limbs {
    reduce(Single(a))
}
