//! The results of divisions, given by the caller and checked by multiplication.

use super::{LOG_N, Refusal, check};
use crate::limbs::{Fr29, Operand, Short, Word};

/// Slots of Libra's domain that have a hint: the first, the last, and nine for each round.
const LIBRA: usize = 2 + 9 * LOG_N;
/// Denominators of Shplonk that have one: two for each fold, and two of Libra's.
const SHPLONK: usize = 2 * LOG_N + 2;

/// Hints of a proof: of the public-input delta, of `1 / r`, of Libra's slots, Shplonk's denominators and Gemini's folds.
pub const HINTS: usize = 2 + LIBRA + SHPLONK + LOG_N;

/// Where hints come from: [`Supplied`] by a caller, or computed from the very values that check them.
pub(super) trait Hints {
    /// The integer `h` for which `h * denominator / R` is the numerator.
    fn quotient<D: Operand>(&mut self, numerator: &Fr29, denominator: &D) -> Fr29;

    /// The value `h` for which `square (h - u h + n - u n - 2 v) + u h - u n` is 0, in plain form as `n` and `v`; `square`
    /// is in Montgomery form.
    fn fold(&mut self, square: &Fr29, u: &Short, negative: &Fr29, next: &Fr29) -> Fr29;

    /// Whether every hint so far was canonical.
    fn are_canonical(&self) -> bool;

    /// A quotient that is checked. A denominator of 0 has none, unless the numerator is 0 too.
    #[inline(always)]
    fn checked_quotient<D: Operand>(&mut self, numerator: &Fr29, denominator: &D) -> Result<Fr29, Refusal> {
        let quotient = self.quotient(numerator, denominator);
        check(denominator.times(&quotient).is_congruent(numerator), Refusal::Hint)?;
        Ok(quotient)
    }
}

/// The hints of a caller, in the order of their use.
pub(super) struct Supplied<'a> {
    words: core::slice::Iter<'a, Word>,
    canonical: bool,
}

impl<'a> Supplied<'a> {
    pub(super) fn new(words: &'a [Word; HINTS]) -> Self {
        Self { words: words.iter(), canonical: true }
    }

    #[inline(always)]
    fn next(&mut self) -> Fr29 {
        match self.words.next() {
            Some(word) => Fr29::parse(word, &mut self.canonical),
            None => unreachable!("{HINTS} hints are used"),
        }
    }
}

impl Hints for Supplied<'_> {
    #[inline(always)]
    fn quotient<D: Operand>(&mut self, _: &Fr29, _: &D) -> Fr29 {
        self.next()
    }

    #[inline(always)]
    fn fold(&mut self, _: &Fr29, _: &Short, _: &Fr29, _: &Fr29) -> Fr29 {
        self.next()
    }

    fn are_canonical(&self) -> bool {
        self.canonical
    }
}
