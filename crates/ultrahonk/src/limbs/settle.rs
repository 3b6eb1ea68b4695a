//! Carrying signed columns, with a quotient estimate that brings the value near `r`.

use super::constants::{BITS, MASK, ORDER};
use super::{COUNT, Limbs};

/// `2^275 / r`, that is `2^43 / (r / 2^232)`, rounded to the nearest integer.
pub(super) const RECIPROCAL: i64 = 2_773_562;

/// The limbs of `sum_i columns(i) 2^(29 i)`: non-negative but the last, which carries the sign.
#[inline(always)]
pub(crate) fn carry(columns: impl Fn(usize) -> i64) -> Limbs {
    let (mut limbs, mut carry) = ([0; COUNT], 0i64);
    macro_rules! each {
        ($($i:literal)*) => {$(
            carry = carry.wrapping_add(columns($i));
            limbs[$i] = carry & MASK;
            carry >>= BITS;
        )*};
    }
    each!(0 1 2 3 4 5 6 7);
    limbs[COUNT - 1] = carry.wrapping_add(columns(COUNT - 1));
    limbs
}

/// The value `v = sum_i columns(i) 2^(29 i)` modulo `r`, as a value between `lift - 0.2` and `lift + 1.2` times `r`.
///
/// Columns 0 to 7 are below `2^46` in magnitude, column 8 (`t`) below `2^41`. With `p = r / 2^232 = 3171406.4...`:
/// `v / r = (t + e) / p` where `|e| < 2^17 + 1`, so `|e / p| < 0.042`; `|t (RECIPROCAL / 2^43 - 1 / p)| < 2^41 2^-44 = 1/8`;
/// rounding down the estimate adds less than 1. So `v / r` less the estimate is between `-0.17` and `1.17`. The product
/// below has 63 bits, the quotient fewer than 21.
#[inline(always)]
pub(crate) fn settle(columns: impl Fn(usize) -> i64, lift: i64) -> Limbs {
    let quotient = (columns(COUNT - 1).wrapping_mul(RECIPROCAL) >> 43).wrapping_sub(lift);
    carry(|i| columns(i).wrapping_sub(quotient.wrapping_mul(ORDER[i])))
}
