//! The Fiat-Shamir transcript: a chain of Keccak-256 hashes, each over the previous value and new bytes of the proof.

use crate::backend::{Backend, Scalar};
use crate::layout::{ROUND_VALUES, Section};
use crate::proof::Proof;
use crate::vk::MAX_LOG_N;
use crate::word;

/// The verifier's challenges, in the order in which they are drawn.
pub(crate) struct Challenges<F> {
    /// Combines the columns of a memory record.
    pub(crate) eta: F,
    /// Combines wire and position in the permutation, and the columns of a lookup.
    pub(crate) beta: F,
    /// Shifts the factors of the permutation and the lookup.
    pub(crate) gamma: F,
    /// Separates the subrelations.
    pub(crate) alpha: F,
    /// Separates the rows: round `i` uses `gate^(2^i)`.
    pub(crate) gate: F,
    /// Scales the Libra masking polynomial.
    pub(crate) libra: F,
    /// The sumcheck point, `log_n` coordinates.
    pub(crate) rounds: [F; MAX_LOG_N],
    /// Batches the claimed evaluations.
    pub(crate) rho: F,
    /// Gemini's evaluation point `r`.
    pub(crate) gemini_r: F,
    /// Batches the opening claims of Shplonk.
    pub(crate) shplonk_nu: F,
    /// Shplonk's evaluation point `z`.
    pub(crate) shplonk_z: F,
}

impl<F: Scalar> Challenges<F> {
    /// Hashes the proof. `public_inputs` are the bytes as given; they are checked to be canonical elsewhere.
    pub(crate) fn draw<B: Backend<Scalar = F>>(
        vk_hash: &[u8; 32],
        public_inputs: &[u8],
        proof: &Proof<'_>,
        log_n: usize,
    ) -> Self {
        let first = proof.sections(Section::PairingPoints, Section::Wires);
        let mut transcript = Transcript { state: word::reduce(B::keccak256(&[vk_hash, public_inputs, first])) };
        let eta = transcript.challenge();

        transcript.absorb::<B>(proof.sections(Section::LookupCounts, Section::FourthWire));
        let (beta, gamma) = transcript.challenges();
        transcript.absorb::<B>(proof.sections(Section::LookupInverses, Section::GrandProduct));
        let alpha = transcript.challenge();
        transcript.absorb::<B>(&[]);
        let gate = transcript.challenge();
        transcript.absorb::<B>(proof.sections(Section::LibraConcatenation, Section::LibraSum));
        let libra = transcript.challenge();

        let mut rounds = [F::ZERO; MAX_LOG_N];
        let univariates = proof.section(Section::Univariates).chunks_exact(32 * ROUND_VALUES);
        debug_assert_eq!(univariates.len(), log_n);
        for (challenge, univariate) in rounds.iter_mut().zip(univariates) {
            transcript.absorb::<B>(univariate);
            *challenge = transcript.challenge();
        }

        transcript.absorb::<B>(proof.sections(Section::Evaluations, Section::LibraQuotient));
        let rho = transcript.challenge();
        transcript.absorb::<B>(proof.section(Section::FoldCommitments));
        let gemini_r = transcript.challenge();
        transcript.absorb::<B>(proof.sections(Section::FoldEvaluations, Section::LibraPolynomialEvaluations));
        let shplonk_nu = transcript.challenge();
        transcript.absorb::<B>(proof.section(Section::ShplonkQuotient));
        let shplonk_z = transcript.challenge();
        Self { eta, beta, gamma, alpha, gate, libra, rounds, rho, gemini_r, shplonk_nu, shplonk_z }
    }
}

/// The chain. Its state is the last hash modulo `r`, as a word.
struct Transcript {
    state: [u8; 32],
}

impl Transcript {
    fn absorb<B: Backend>(&mut self, bytes: &[u8]) {
        self.state = word::reduce(B::keccak256(&[&self.state, bytes]));
    }

    /// The low 127 bits of the state.
    fn challenge<F: Scalar>(&self) -> F {
        self.challenges().0
    }

    /// The low 127 bits of the state, and the bits above them.
    fn challenges<F: Scalar>(&self) -> (F, F) {
        let (low, high) = word::split(&self.state);
        (F::from_u128(low), F::from_u128(high))
    }
}

#[cfg(all(test, feature = "host"))]
impl Challenges<ark_bn254::Fr> {
    /// Tests only: challenges that differ from each other, for what does not depend on how they were drawn.
    pub(crate) fn distinct() -> Self {
        let mut value = ark_bn254::Fr::from(1_000_003u64);
        let mut next = || {
            value = value.square() + ark_bn254::Fr::ONE;
            value
        };
        Self {
            eta: next(),
            beta: next(),
            gamma: next(),
            alpha: next(),
            gate: next(),
            libra: next(),
            rounds: core::array::from_fn(|_| next()),
            rho: next(),
            gemini_r: next(),
            shplonk_nu: next(),
            shplonk_z: next(),
        }
    }
}
