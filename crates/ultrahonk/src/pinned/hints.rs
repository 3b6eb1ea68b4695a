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

#[cfg(feature = "host")]
pub use computed::{fitting_hints, hints};

#[cfg(feature = "host")]
mod computed {
    use std::vec::Vec;

    use ark_bn254::Fr;
    use ark_ff::{AdditiveGroup, Field, PrimeField};

    use super::super::{Machine, PUBLIC_INPUTS, PinnedKey, Proof, Refusal, run};
    use super::{HINTS, Hints};
    use crate::host::Arkworks;
    use crate::limbs::{Fr29, Operand, Short, Word};

    /// Computes the hints of a proof, by verifying it.
    ///
    /// # Errors
    ///
    /// If the proof is refused.
    pub fn hints(
        key: &PinnedKey,
        proof: &Proof,
        public_inputs: &[Word; PUBLIC_INPUTS],
    ) -> Result<[Word; HINTS], Refusal> {
        let (hints, verdict) = fitting_hints(key, proof, public_inputs);
        verdict.map(|()| hints)
    }

    /// The hints that fit any proof, up to the check that refuses it and zero from there on: the best that the sender of a
    /// forgery can do. And the verdict.
    #[doc(hidden)]
    pub fn fitting_hints(
        key: &PinnedKey,
        proof: &Proof,
        public_inputs: &[Word; PUBLIC_INPUTS],
    ) -> ([Word; HINTS], Result<(), Refusal>) {
        let mut computed = Computed { words: Vec::with_capacity(HINTS) };
        let verdict = run::<Arkworks, _>(key, proof, public_inputs, &mut computed);
        assert!(verdict.is_err() || computed.words.len() == HINTS, "every hint was asked for");
        computed.words.resize(HINTS, [0; 4]);
        (computed.words.try_into().expect("resized"), verdict)
    }

    struct Computed {
        words: Vec<Word>,
    }

    /// The residue of an integer.
    fn residue(limbs: &[i64]) -> Fr {
        limbs.iter().rev().fold(Fr::ZERO, |sum, limb| sum * Fr::from(1u64 << 29) + Fr::from(*limb))
    }

    /// `R`.
    fn montgomery() -> Fr {
        Fr::from(2u64).pow([261])
    }

    impl Computed {
        /// Notes a hint and hands it back as the verifier will read it. Where there is none, any will do.
        fn note(&mut self, numerator: Fr, denominator: Fr) -> Fr29 {
            let value = numerator * denominator.inverse().unwrap_or(Fr::ZERO);
            let mut word = value.into_bigint().0;
            word.reverse();
            let word = word.map(u64::to_be);
            self.words.push(word);
            Fr29::parse(&word, &mut true)
        }
    }

    impl Hints for Computed {
        fn quotient<D: Operand>(&mut self, numerator: &Fr29, denominator: &D) -> Fr29 {
            self.note(residue(&numerator.0) * montgomery(), residue(denominator.limbs()))
        }

        fn fold(&mut self, square: &Fr29, u: &Short, negative: &Fr29, next: &Fr29) -> Fr29 {
            let [u, negative, next] = [residue(&u.0), residue(&negative.0), residue(&next.0)];
            let square = residue(&square.0) / montgomery();
            let one = Fr::from(1u64);
            let numerator = square * next.double() - negative * (square * (one - u) - u);
            self.note(numerator, square * (one - u) + u)
        }

        fn are_canonical(&self) -> bool {
            true
        }
    }

    const _: () = {
        const fn is_a_machine<M: Machine>() {}
        is_a_machine::<Arkworks>();
    };
}
