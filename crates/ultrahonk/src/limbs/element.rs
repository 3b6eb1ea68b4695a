//! The element and its operators.

use core::fmt;
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::constants::{self, ORDER, TWICE_ORDER};
use super::montgomery::{Operand, product, sealed};
use super::settle::{carry, settle};
use super::{COUNT, Limbs};

/// An element of the scalar field: `value * R` modulo `r`, as any representative below `2^256`, in limbs below `2^29`. See
/// the bounds of [`crate::limbs`]. Two representatives of one element are equal.
#[derive(Clone, Copy)]
pub struct Fr29(pub(super) Limbs);

impl Fr29 {
    /// 0.
    pub const ZERO: Self = Self([0; COUNT]);
    /// 1.
    pub const ONE: Self = Self(constants::ONE);

    /// `self + other`: carried, and brought down only where the sum may reach `2^256`.
    #[inline(never)]
    fn sum(&self, other: &Self) -> Self {
        let (a, b) = (&self.0, &other.0);
        let columns = |i: usize| (a[i] + b[i]) as i64;
        // The lower limbs carry at most 1.
        Self(if columns(8) < (1 << 24) - 1 { carry(columns) } else { settle(columns) })
    }

    /// `self - other`, with as many `r` added as the top limbs ask for. The lower limbs change the difference of the top
    /// limbs by less than 1 either way.
    #[inline(never)]
    fn difference(&self, other: &Self) -> Self {
        let (a, b) = (&self.0, &other.0);
        let columns = |i: usize| a[i] as i64 - b[i] as i64;
        let top = columns(8);
        Self(if top > 0 {
            carry(columns)
        } else if top > -(TWICE_ORDER[8] as i64) {
            carry(|i| columns(i) + TWICE_ORDER[i] as i64)
        } else {
            settle(columns)
        })
    }

    /// Whether `self - other` is a multiple of `r`. The difference is brought between `0.8 r` and `2.2 r`, so there are two.
    #[inline(never)]
    fn is_congruent(&self, other: &Self) -> bool {
        let difference = settle(|i| self.0[i] as i64 - other.0[i] as i64);
        difference == ORDER || difference == TWICE_ORDER
    }
}

impl sealed::Sealed for Fr29 {
    const WEIGHT: u64 = 1;

    fn limbs(&self) -> &Limbs {
        &self.0
    }
}

impl Operand for Fr29 {}

impl PartialEq for Fr29 {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.is_congruent(other)
    }
}

impl Eq for Fr29 {}

/// The canonical value, in hexadecimal.
impl fmt::Debug for Fr29 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.to_be_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Add for Fr29 {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.sum(&other)
    }
}

impl Sub for Fr29 {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.difference(&other)
    }
}

impl Mul for Fr29 {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self(product(&self.0, &other.0))
    }
}

impl Neg for Fr29 {
    type Output = Self;

    fn neg(self) -> Self {
        Self::ZERO.difference(&self)
    }
}

impl AddAssign for Fr29 {
    fn add_assign(&mut self, other: Self) {
        *self = self.sum(&other);
    }
}

impl SubAssign for Fr29 {
    fn sub_assign(&mut self, other: Self) {
        *self = self.difference(&other);
    }
}

impl MulAssign for Fr29 {
    fn mul_assign(&mut self, other: Self) {
        self.0 = product(&self.0, &other.0);
    }
}
