//! Sums of products with one reduction.

use super::constants::{BITS, MASK};

use super::montgomery::{COLUMNS, add_product, first_product, reduce_columns};
use super::{Fr29, Limbs, Operand};

/// A sum of products that is not yet reduced: `sum_i a_i b_i / R` costs a product without its reduction for each term and one
/// reduction at the end. At most 24 products, one with a [`super::Loose`] counting as two.
pub struct Columns {
    columns: [i64; COLUMNS],
    /// The weight since the last carry.
    weight: usize,
}

impl Columns {
    /// The sum of one product.
    #[inline(always)]
    pub fn of<A: Operand>(a: &A, b: &Fr29) -> Self {
        Self { columns: first_product(a.limbs(), &b.0), weight: A::WEIGHT }
    }

    /// Adds `a * b`.
    #[inline(always)]
    pub fn add<A: Operand>(&mut self, a: &A, b: &Fr29) -> &mut Self {
        if self.weight + A::WEIGHT > 2 {
            carry(&mut self.columns);
            self.weight = 0;
        }
        self.weight += A::WEIGHT;
        add_product(&mut self.columns, a.limbs(), &b.0);
        self
    }

    /// Adds `a * R`, so that the sum grows by `a`.
    #[inline(always)]
    pub fn add_element(&mut self, a: &Fr29) -> &mut Self {
        shift_in(&mut self.columns, &a.0);
        self
    }

    /// Adds `a`, so that the sum grows by `a / R`. `a` may be a [`super::Loose`].
    #[inline(always)]
    pub fn add_over_r<A: Operand>(&mut self, a: &A) -> &mut Self {
        let limbs = a.limbs();
        for (column, limb) in self.columns.iter_mut().zip(limbs) {
            *column = column.wrapping_add(*limb);
        }
        self
    }

    /// The sum by `R`.
    #[inline(always)]
    pub fn reduce(&self) -> Fr29 {
        Fr29(reduce_columns(&self.columns))
    }
}

/// `R` is nine limbs, so that limb 0 of the element belongs to column 9. The ninth limb joins the top column.
#[inline(always)]
fn shift_in(columns: &mut [i64; COLUMNS], a: &Limbs) {
    for i in 0..7 {
        columns[9 + i] = columns[9 + i].wrapping_add(a[i]);
    }
    columns[16] = columns[16].wrapping_add(a[7]).wrapping_add(a[8] << BITS);
}

/// Leaves 29 bits in every column but the last.
#[inline(never)]
fn carry(columns: &mut [i64; COLUMNS]) {
    let mut carry = 0i64;
    macro_rules! each {
        ($($k:literal)*) => {$(
            carry = carry.wrapping_add(columns[$k]);
            columns[$k] = carry & MASK;
            carry >>= BITS;
        )*};
    }
    each!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    columns[16] = columns[16].wrapping_add(carry);
}
