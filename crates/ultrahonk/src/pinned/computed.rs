//! Hints, computed from the very values that check them.

use std::vec::Vec;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

use super::hints::{HINTS, Hints};
use super::{PUBLIC_INPUTS, PinnedKey, Proof, Refusal, run};
use crate::host::Arkworks;
use crate::limbs::residue::{montgomery, residue, word};
use crate::limbs::{Fr29, Operand, Short, Word};

/// Computes the hints of a proof, by verifying it.
///
/// # Errors
///
/// If the proof is refused.
pub fn hints(key: &PinnedKey, proof: &Proof, public_inputs: &[Word; PUBLIC_INPUTS]) -> Result<[Word; HINTS], Refusal> {
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

impl Computed {
    /// Notes a hint and hands it back as the verifier will read it. Where there is none, any will do.
    fn note(&mut self, numerator: Fr, denominator: Fr) -> Fr29 {
        let word = word(numerator * denominator.inverse().unwrap_or(Fr::ZERO));
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
