//! The inverse, as a power.

use super::constants::ORDER_WORDS;
use super::{Fr29, Operand};

/// Bits of a window of the exponent.
const WINDOW: usize = 4;

impl Fr29 {
    /// `self^(r - 2)`, which is `1 / self` (Fermat), and 0 for 0.
    ///
    /// Some 250 squares and 75 products: where each is hundreds of instructions, take the inverse as a hint and check it by
    /// one product instead.
    #[inline(never)]
    pub(super) fn inverse_or_zero(&self) -> Self {
        let mut powers = [Self::ONE; 1 << WINDOW];
        for i in 1..powers.len() {
            powers[i] = powers[i - 1] * *self;
        }
        // r ends in 1, so r - 2 borrows, but only within the lowest word.
        let exponent = [ORDER_WORDS[0] - 2, ORDER_WORDS[1], ORDER_WORDS[2], ORDER_WORDS[3]];
        let mut power = Self::ONE;
        for word in exponent.iter().rev() {
            for shift in (0..64).step_by(WINDOW).rev() {
                for _ in 0..WINDOW {
                    power = power.squared();
                }
                let digit = (word >> shift) as usize % powers.len();
                if digit != 0 {
                    power *= powers[digit];
                }
            }
        }
        power
    }
}
