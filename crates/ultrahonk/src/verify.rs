//! The verifier, step by step.

use crate::backend::{Backend, Scalar};
use crate::denominators::Inverses;
use crate::entity::{Evaluations, ZeroSet};
use crate::error::VerifyError;
use crate::layout::{EVALUATIONS, Section};
use crate::opening;
use crate::proof::Proof;
use crate::public_inputs::{PublicInputs, pairing_points};
use crate::relations::{self, Parameters};
use crate::transcript::Challenges;
use crate::vk::VerificationKey;
use crate::{libra, sumcheck};

/// How much is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Every subrelation and every commitment, whatever the key.
    Full,
    /// Where the key commits to the zero polynomial (the identity), the claimed evaluation must be 0; subrelations and
    /// multiplications that it switches off are left out. Accepts a subset of what [`Mode::Full`] accepts, and every honest
    /// proof.
    ZeroCommitments,
}

/// Verifies a proof on any backend.
///
/// `proof` has [`VerificationKey::proof_bytes`] bytes, `public_inputs` 32 bytes each, big-endian and below `r`, in the order
/// of `main`. The first check that fails names the error.
pub fn verify_with<B: Backend>(
    key: &VerificationKey<B>,
    proof: &[u8],
    public_inputs: &[u8],
    mode: Mode,
) -> Result<(), VerifyError> {
    let log_n = key.log_n;
    let zero = match mode {
        Mode::Full => ZeroSet::default(),
        Mode::ZeroCommitments => key.zero,
    };
    let proof = Proof::new(proof, log_n)?;
    let inputs = PublicInputs::<B::Scalar>::parse(public_inputs, key.public_inputs, &proof)?;
    let challenges = Challenges::draw::<B>(&key.hash, public_inputs, &proof, log_n);

    let evaluations = Evaluations(proof.scalars::<B::Scalar, EVALUATIONS>(Section::Evaluations, 0)?);
    for (index, evaluation) in evaluations.0.iter().enumerate() {
        if zero.holds(index) && !evaluation.is_zero() {
            return Err(VerifyError::EvaluationNotZero { index });
        }
    }
    let libra_evaluation: B::Scalar = proof.scalar(Section::LibraEvaluation, 0)?;
    let libra_openings = proof.scalars::<B::Scalar, 4>(Section::LibraPolynomialEvaluations, 0)?;

    let claim = sumcheck::check_rounds(&proof, &challenges, log_n)?;
    let (numerator, denominator) = inputs.delta(challenges.beta, challenges.gamma, key.public_input_offset);
    let squares = opening::squares(challenges.gemini_r, log_n);
    let inverses = Inverses::compute(&challenges, &squares[..log_n], denominator, log_n)?;

    let parameters = Parameters {
        eta: challenges.eta,
        beta: challenges.beta,
        gamma: challenges.gamma,
        alpha: challenges.alpha,
        public_input_delta: numerator * inverses.delta(),
        row_separator: sumcheck::row_separator(&challenges, log_n),
    };
    let relations = relations::evaluate(&evaluations, &parameters, zero);
    sumcheck::check_last_claim(claim, relations, libra_evaluation, &challenges, log_n)?;
    libra::check(&libra_openings, libra_evaluation, &challenges, &inverses, log_n)?;

    let own = opening::pairing_inputs(key, &proof, &evaluations, &libra_openings, &challenges, &inverses, zero)?;
    let [left, right] = match pairing_points(proof.section(Section::PairingPoints)) {
        None => own,
        Some(carried) => opening::aggregate::<B>(own, &carried)?,
    };
    if B::pairing_check(&left, &right) { Ok(()) } else { Err(VerifyError::Pairing) }
}
