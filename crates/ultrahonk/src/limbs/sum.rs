//! Sums that are not carried.

use super::montgomery::{Operand, sealed};
use super::settle::settle;
use super::{Fr29, Limbs};

/// The sum of two elements, limb by limb: to be multiplied, accumulated or carried, not added again. See the bounds of
/// [`crate::limbs`].
#[derive(Debug, Clone, Copy)]
pub struct Sum29(pub(super) Limbs);

impl sealed::Sealed for Sum29 {
    const WEIGHT: u64 = 2;

    fn limbs(&self) -> &Limbs {
        &self.0
    }
}

impl Operand for Sum29 {}

impl Fr29 {
    /// `self + other`, without a carry.
    #[inline(always)]
    pub fn plus(&self, other: &Self) -> Sum29 {
        Sum29(core::array::from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }
}

impl Sum29 {
    /// The element, between `0.8 r` and `2.2 r`.
    #[inline(never)]
    pub fn carried(&self) -> Fr29 {
        Fr29(settle(|i| self.0[i] as i64))
    }
}
