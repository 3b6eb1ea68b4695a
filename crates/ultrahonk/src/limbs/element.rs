//! The integers and their sums.

use super::bytes;
use super::constants::{MASK, ORDER, TWICE_ORDER};
use super::montgomery::{product, reduce_single, square};
use super::settle::settle;
use super::{COUNT, Limbs, Word};

/// An integer modulo `r` within the bounds of [`crate::limbs`]. Many integers stand for one residue: compare them by
/// [`Fr29::is_congruent`].
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Fr29(pub(crate) Limbs);

/// The sum or the difference of two [`Fr29`], limb by limb: to be multiplied or compared, not added again.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Loose(pub(crate) Limbs);

/// What an [`Fr29`] can be multiplied by.
pub trait Operand: sealed::Sealed {
    /// `self * other / R`.
    #[inline(always)]
    fn times(&self, other: &Fr29) -> Fr29 {
        Fr29(product(self.limbs(), &other.0))
    }
}

pub(super) mod sealed {
    use super::Limbs;

    pub trait Sealed {
        /// See the bounds of [`crate::limbs`].
        const WEIGHT: usize;

        fn limbs(&self) -> &Limbs;
    }
}

impl sealed::Sealed for Fr29 {
    const WEIGHT: usize = 1;

    #[inline(always)]
    fn limbs(&self) -> &Limbs {
        &self.0
    }
}

impl sealed::Sealed for Loose {
    const WEIGHT: usize = 2;

    #[inline(always)]
    fn limbs(&self) -> &Limbs {
        &self.0
    }
}

impl Operand for Fr29 {}
impl Operand for Loose {}

impl Fr29 {
    /// 0, in every form.
    pub const ZERO: Self = Self([0; COUNT]);

    /// Parses 32 big-endian bytes, as the plain form. Clears `canonical` for a value at or above `r`; never sets it.
    #[inline(always)]
    pub fn parse(word: &Word, canonical: &mut bool) -> Self {
        Self(bytes::parse(word, canonical))
    }

    /// The 32 big-endian bytes of this integer, or of it plus `r`: below `2^256`, not canonical.
    #[inline(always)]
    pub fn to_word(&self) -> Word {
        bytes::to_word(&self.0)
    }

    /// `self^2 / R`.
    #[inline(always)]
    pub fn squared(&self) -> Self {
        Self(square(&self.0))
    }

    /// `self / R`.
    #[inline(always)]
    pub fn over_r(&self) -> Self {
        Self(reduce_single(&self.0))
    }

    /// `self + small`, where the small integer is at most 16 in magnitude: within the bounds, give or take.
    #[inline(always)]
    pub fn plus_small(&self, small: i64) -> Self {
        let mut sum = *self;
        sum.0[0] = sum.0[0].wrapping_add(small);
        sum
    }

    /// `self + other`.
    #[inline(always)]
    pub fn plus(&self, other: &Self) -> Loose {
        Loose(core::array::from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }

    /// `self - other`.
    #[inline(always)]
    pub fn minus(&self, other: &Self) -> Loose {
        Loose(core::array::from_fn(|i| self.0[i].wrapping_sub(other.0[i])))
    }

    /// `-self`.
    #[inline(always)]
    pub fn negated(&self) -> Self {
        Self(core::array::from_fn(|i| self.0[i].wrapping_neg()))
    }

    /// Whether the two integers are the same residue.
    #[inline(always)]
    pub fn is_congruent(&self, other: &Self) -> bool {
        self.0 == other.0 || self.minus(other).is_zero()
    }

    /// Whether this is a multiple of `r`.
    #[inline(always)]
    pub fn is_zero(&self) -> bool {
        is_multiple_of_order(&self.0)
    }

    /// The sum of small integers times integers, as an integer between `-0.2 r` and `1.2 r`. The magnitudes of the small
    /// ones sum to less than `2^17`.
    #[inline(always)]
    pub fn combination<const N: usize>(coefficients: [i64; N], elements: [&Self; N]) -> Self {
        let column = |i: usize| {
            let terms = coefficients.iter().zip(elements);
            terms.fold(0i64, |sum, (c, element)| sum.wrapping_add(c.wrapping_mul(element.0[i])))
        };
        Self(settle(column, 0))
    }
}

impl Loose {
    /// The same residue between `-0.2 r` and `1.2 r`.
    #[inline(never)]
    pub fn tightened(&self) -> Fr29 {
        Fr29(settle(|i| self.0[i], 0))
    }

    /// As [`Fr29::to_word`].
    #[inline(always)]
    pub fn to_word(&self) -> Word {
        bytes::to_word(&self.0)
    }

    /// Whether this is a multiple of `r`.
    #[inline(always)]
    pub fn is_zero(&self) -> bool {
        is_multiple_of_order(&self.0)
    }
}

/// Whether columns within the bounds of [`settle`] are a multiple of `r`: brought between `0.8 r` and `2.2 r`, it is one of
/// two.
#[inline(never)]
pub(crate) fn is_multiple_of_order(columns: &Limbs) -> bool {
    let limbs = settle(|i| columns[i], 1);
    debug_assert!(limbs[..COUNT - 1].iter().all(|limb| (0..=MASK).contains(limb)));
    limbs == ORDER || limbs == TWICE_ORDER
}
