//! Sums of products with one reduction.

use super::constants::{BITS, MASK};
use super::montgomery::{COLUMNS, Operand, add_products, reduce_columns};
use super::settle::settle;
use super::{Fr29, Limbs};

/// The weight of products that columns hold before they must be carried. See the bounds of [`crate::limbs`].
pub const WEIGHT_LIMIT: u64 = 6;

/// A sum of products that is not yet reduced: `sum_i a_i b_i` costs a product without its reduction for each term and one
/// reduction at the end.
///
/// Up to `2^15` products of elements are sound, one of them counted once for each unit of weight: the top column then stays
/// below `2^63`. The columns carry by themselves when [`WEIGHT_LIMIT`] is reached.
#[derive(Debug, Clone)]
pub struct Columns {
    columns: [u64; COLUMNS],
    /// The weight since the last carry.
    weight: u64,
}

impl Columns {
    /// The empty sum.
    pub const EMPTY: Self = Self { columns: [0; COLUMNS], weight: 0 };

    /// Adds `a * b`.
    #[inline]
    pub fn accumulate<A: Operand, B: Operand>(&mut self, a: &A, b: &B) {
        let weight = const { A::WEIGHT * B::WEIGHT };
        self.weight += weight;
        if self.weight > WEIGHT_LIMIT {
            carry(&mut self.columns);
            // Carried columns are below 2^29, which the bounds' last 2^58 hold; the top one has only one product to add.
            self.weight = weight;
        }
        add(&mut self.columns, a.limbs(), b.limbs());
    }

    /// The sum, as an element.
    #[inline]
    pub fn reduce(&self) -> Fr29 {
        Fr29(reduce_columns(&self.columns)).tightened()
    }
}

impl Fr29 {
    /// Restores the bound of the value, given limbs below `2^29` but the last, which is below `2^40`.
    #[inline]
    fn tightened(self) -> Self {
        if self.0[8] < 1 << 24 { self } else { Self(settle(|i| self.0[i] as i64)) }
    }
}

#[inline(never)]
fn add(columns: &mut [u64; COLUMNS], a: &Limbs, b: &Limbs) {
    macro_rules! each {
        ($($k:literal)*) => {$( columns[$k] = add_products::<$k>(columns[$k], a, b); )*};
    }
    each!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

/// Leaves 29 bits in every column but the last.
#[inline(never)]
fn carry(columns: &mut [u64; COLUMNS]) {
    let mut carry = 0u64;
    for column in &mut columns[..COLUMNS - 1] {
        carry = carry.wrapping_add(*column);
        *column = carry & MASK;
        carry >>= BITS;
    }
    columns[COLUMNS - 1] = columns[COLUMNS - 1].wrapping_add(carry);
}
