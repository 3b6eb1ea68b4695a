//! Multiplication by integers of 127 bits, which the challenges are.
//!
//! The product of an integer below `2.5 r` and one below `2^127` is below `2^382.1`. It is carried into 13 limbs, of which the
//! upper four, the last below `2^34`, are folded down by `2^(29 m)` modulo `r`. A quotient estimate then brings the value
//! near `r`. No factor of `R` appears, so that the product has the form of the long factor.
//!
//! **Bounds.** With the residues of least magnitude in [`FOLDS`], the folded value is below `2^34 * 0.41 r`, the quotient
//! below `2^33`, and a column of the last pass, at most `2^34 |FOLDS[3][j]| + 3 2^29 2^28 + 2^33 r_j + 2^47`, below
//! `2^62.6`: see the assertion below.

use super::constants::{BITS, FOLDS, MASK, ORDER};

use super::count::{Routine, note};
use super::load::load;
use super::settle::{RECIPROCAL, carry};
use super::{COUNT, Fr29, Limbs, Operand};

/// Limbs of a short integer.
pub(crate) const SHORT: usize = 5;

/// An integer of magnitude below `2^127`: limbs of 29 bits, the least significant first, the last of 11 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short(pub(crate) [i64; SHORT]);

impl Short {
    /// The integer of the low 127 bits of two words, the least significant first.
    #[inline(always)]
    pub fn of_low_bits(low: u64, high: u64) -> Self {
        let limb = |value: u64| (value & MASK as u64) as i64;
        Self([limb(low), limb(low >> 29), limb(low >> 58 | high << 6), limb(high >> 23), (high >> 52 & 0x7ff) as i64])
    }

    /// `1 - self`. The magnitude stays below `2^127`.
    #[inline(always)]
    pub fn one_minus(&self) -> Self {
        let [a, b, c, d, e] = self.0;
        Self([1 - a, -b, -c, -d, -e])
    }

    /// Adds a small integer to the lowest limb, without a carry. The caller keeps the limb within `2^29`, give or take 16.
    #[inline(always)]
    pub fn shift(&mut self, by: i64) {
        self.0[0] = self.0[0].wrapping_add(by);
    }

    /// The plain form of this integer.
    #[inline(always)]
    pub fn element(&self) -> Fr29 {
        let [a, b, c, d, e] = self.0;
        Fr29([a, b, c, d, e, 0, 0, 0, 0])
    }

    /// `self * element`, in the form of the element.
    #[inline(always)]
    pub fn times<A: Operand>(&self, element: &A) -> Fr29 {
        Fr29(multiply(element.limbs(), &self.0))
    }

    /// `self * element + factor * columns`, where the columns are below `2^47` once multiplied and the last below `2^44`.
    #[inline(always)]
    pub fn times_plus<A: Operand>(&self, element: &A, factor: i64, columns: &Limbs) -> Fr29 {
        Fr29(multiply_add(element.limbs(), &self.0, factor, columns))
    }
}

#[inline(never)]
fn multiply(a: &Limbs, short: &[i64; SHORT]) -> Limbs {
    note(Routine::Short);
    fold(a, short, |_| 0)
}

#[inline(never)]
fn multiply_add(a: &Limbs, short: &[i64; SHORT], factor: i64, columns: &Limbs) -> Limbs {
    note(Routine::Short);
    fold(a, short, |i| load(columns, i).wrapping_mul(factor))
}

/// `sum` plus the products `a[K - i] * short[i]`.
#[inline(always)]
fn add_products<const K: usize>(mut sum: i64, a: &Limbs, short: &[i64; SHORT]) -> i64 {
    let (first, last) = const { (K.saturating_sub(COUNT - 1), if K < SHORT { K } else { SHORT - 1 }) };
    let mut i = first;
    while i <= last {
        sum = sum.wrapping_add(load(a, K - i).wrapping_mul(load(short, i)));
        i += 1;
    }
    sum
}

#[inline(always)]
fn fold(a: &Limbs, short: &[i64; SHORT], added: impl Fn(usize) -> i64) -> Limbs {
    let mut sum = add_products::<0>(0, a, short);
    let mut low = [sum & MASK; COUNT];
    macro_rules! columns {
        ($into:ident, $first:literal; $($k:literal)*) => {$(
            sum = add_products::<$k>(sum >> BITS, a, short);
            $into[$k - $first] = sum & MASK;
        )*};
    }
    columns!(low, 0; 1 2 3 4 5 6 7 8);
    sum = add_products::<9>(sum >> BITS, a, short);
    let mut high = [sum & MASK; 4];
    columns!(high, 9; 10 11);
    high[3] = add_products::<12>(sum >> BITS, a, short);

    let column = |i: usize| {
        let folded = (0..4).fold(0i64, |sum, m| sum.wrapping_add(load(&high, m).wrapping_mul(FOLDS[m][i])));
        folded.wrapping_add(load(&low, i)).wrapping_add(added(i))
    };
    let (seventh, eighth) = (column(7), column(8));
    let quotient = quotient(eighth.wrapping_add(seventh >> BITS));
    let column = |i: usize| match i {
        7 => seventh,
        8 => eighth,
        _ => column(i),
    };
    carry(|i| column(i).wrapping_sub(quotient.wrapping_mul(ORDER[i])))
}

/// About `top / p` for `p = r / 2^232`, by less than 0.2 too small or 1.2 too large. `|top| < 2^56`.
///
/// The first estimate is off by `2^24 / p + q 2^-22.4 < 2^13`; what it leaves is below `2^35`, for which one more estimate is
/// exact but for its rounding. The limbs below the top are left out, less than `2^5` in `p = 2^21.6`.
#[inline(always)]
fn quotient(top: i64) -> i64 {
    /// `p`, its whole part and 20 bits of its fraction.
    const WHOLE: i64 = 3_171_406;
    const FRACTION: i64 = 470_547;
    let first = (top >> 24).wrapping_mul(RECIPROCAL) >> 19;
    let rest = top.wrapping_sub(first.wrapping_mul(WHOLE)).wrapping_sub(first.wrapping_mul(FRACTION) >> 20);
    first.wrapping_add(rest.wrapping_mul(RECIPROCAL) >> 43)
}

const _: () = {
    let mut i = 0;
    while i < COUNT {
        let folded = (FOLDS[3][i].abs() as i128) << 34;
        let rest = (FOLDS[0][i].abs() + FOLDS[1][i].abs() + FOLDS[2][i].abs()) as i128;
        assert!(folded + (rest << 29) + ((ORDER[i] as i128) << 33) + (1 << 47) < 1 << 63);
        i += 1;
    }
};
