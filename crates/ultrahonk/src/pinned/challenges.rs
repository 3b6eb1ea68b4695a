//! The Fiat-Shamir transcript. See [`crate::transcript`], which this follows.

use super::{LOG_N, Machine, PUBLIC_INPUTS, PinnedKey, Proof, bytes};
use crate::layout::{ROUND_VALUES, Section};
use crate::limbs::constants::ORDER_WORDS;
use crate::limbs::{Short, Word};

/// The challenges: 127 bits each. Eta, which combines columns of memory records, is drawn and not used.
pub(super) struct Challenges {
    pub(super) beta: Short,
    pub(super) gamma: Short,
    pub(super) alpha: Short,
    pub(super) gate: Short,
    pub(super) libra: Short,
    pub(super) rounds: [Short; LOG_N],
    pub(super) rho: Short,
    pub(super) gemini_r: Short,
    pub(super) shplonk_nu: Short,
    pub(super) shplonk_z: Short,
    /// `rho` as the curve takes it.
    pub(super) rho_word: Word,
    /// `shplonk_z` as the curve takes it.
    pub(super) shplonk_z_word: Word,
}

impl Challenges {
    /// The same value everywhere.
    #[cfg(all(test, feature = "host"))]
    pub(super) fn all(short: Short) -> Self {
        Self {
            beta: short,
            gamma: short,
            alpha: short,
            gate: short,
            libra: short,
            rounds: [short; LOG_N],
            rho: short,
            gemini_r: short,
            shplonk_nu: short,
            shplonk_z: short,
            rho_word: [0; 4],
            shplonk_z_word: [0; 4],
        }
    }

    /// Hashes the proof and the public inputs, as they are.
    #[inline(never)]
    pub(super) fn draw<M: Machine>(key: &PinnedKey, proof: &Proof, public_inputs: &[Word; PUBLIC_INPUTS]) -> Self {
        let first = [
            bytes(core::slice::from_ref(&key.hash)),
            bytes(public_inputs),
            span(proof, Section::PairingPoints, Section::Wires),
        ];
        let mut transcript = Transcript { state: reduced(M::keccak256(&first)) };

        transcript.absorb::<M>(span(proof, Section::LookupCounts, Section::FourthWire));
        let (beta, gamma) = (transcript.challenge(), transcript.upper_challenge());
        transcript.absorb::<M>(span(proof, Section::LookupInverses, Section::GrandProduct));
        let alpha = transcript.challenge();
        transcript.absorb::<M>(&[]);
        let gate = transcript.challenge();
        transcript.absorb::<M>(span(proof, Section::LibraConcatenation, Section::LibraSum));
        let libra = transcript.challenge();

        let mut rounds = [libra; LOG_N];
        let first = Section::Univariates.first_word(LOG_N);
        for (round, challenge) in rounds.iter_mut().enumerate() {
            let start = first + ROUND_VALUES * round;
            transcript.absorb::<M>(bytes(&proof[start..start + ROUND_VALUES]));
            *challenge = transcript.challenge();
        }

        transcript.absorb::<M>(span(proof, Section::Evaluations, Section::LibraQuotient));
        let (rho, rho_word) = (transcript.challenge(), transcript.challenge_word());
        transcript.absorb::<M>(span(proof, Section::FoldCommitments, Section::FoldCommitments));
        let gemini_r = transcript.challenge();
        transcript.absorb::<M>(span(proof, Section::FoldEvaluations, Section::LibraPolynomialEvaluations));
        let shplonk_nu = transcript.challenge();
        transcript.absorb::<M>(span(proof, Section::ShplonkQuotient, Section::ShplonkQuotient));
        let (shplonk_z, shplonk_z_word) = (transcript.challenge(), transcript.challenge_word());
        Self { beta, gamma, alpha, gate, libra, rounds, rho, gemini_r, shplonk_nu, shplonk_z, rho_word, shplonk_z_word }
    }
}

/// The words from the start of one section to the end of another, as bytes.
#[inline(always)]
fn span(proof: &Proof, first: Section, last: Section) -> &[u8] {
    bytes(&proof[first.first_word(LOG_N)..last.first_word(LOG_N) + last.words(LOG_N)])
}

/// The chained hash, below `r`; words of 64 bits, the least significant first.
struct Transcript {
    state: [u64; 4],
}

impl Transcript {
    /// Hashes the state and new bytes.
    #[inline(never)]
    fn absorb<M: Machine>(&mut self, new: &[u8]) {
        let state = in_memory(&self.state);
        self.state = reduced(M::keccak256(&[bytes(core::slice::from_ref(&state)), new]));
    }

    /// The low 127 bits.
    #[inline(always)]
    fn challenge(&self) -> Short {
        Short::of_low_bits(self.state[0], self.state[1])
    }

    /// Bits 127 to 253: all others.
    #[inline(always)]
    fn upper_challenge(&self) -> Short {
        let [_, b, c, d] = self.state;
        Short::of_low_bits(b >> 63 | c << 1, c >> 63 | d << 1)
    }

    /// The low 127 bits, as a scalar of the curve.
    #[inline(always)]
    fn challenge_word(&self) -> Word {
        in_memory(&[self.state[0], self.state[1] << 1 >> 1, 0, 0])
    }
}

#[inline(always)]
fn in_memory(words: &[u64; 4]) -> Word {
    [words[3], words[2], words[1], words[0]].map(u64::to_be)
}

/// The hash modulo `r`. It is below `5.3 r`.
#[inline(always)]
fn reduced(hash: Word) -> [u64; 4] {
    let mut words = [hash[3], hash[2], hash[1], hash[0]].map(u64::from_be);
    loop {
        let (mut difference, mut borrow) = (words, false);
        for (word, order) in difference.iter_mut().zip(ORDER_WORDS) {
            (*word, borrow) = word.borrowing_sub(order, borrow);
        }
        if borrow {
            return words;
        }
        words = difference;
    }
}
