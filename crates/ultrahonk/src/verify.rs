//! The verifier, step by step.

use crate::backend::Backend;
use crate::claims::Claims;
use crate::commitments::Commitments;
use crate::denominators::Inverses;
use crate::error::VerifyError;
use crate::layout::Section;
use crate::opening::{self, Opening};
use crate::proof::Proof;
use crate::public_inputs::PublicInputs;
use crate::relations::{self, Parameters};
use crate::transcript::Challenges;
use crate::vk::Key;
use crate::{libra, pairing_points, sumcheck};

/// Verifies a proof on any backend.
///
/// `proof` has [`Key::proof_bytes`] bytes, `public_inputs` 32 bytes each, big-endian and below `r`, in the order
/// of `main`. The first check that fails names the error.
pub fn verify_with<B: Backend>(key: &Key<B>, proof: &[u8], public_inputs: &[u8]) -> Result<(), VerifyError> {
    let log_n = key.log_n;
    let proof = Proof::new(proof, log_n)?;
    let inputs = PublicInputs::<B::Scalar>::parse(public_inputs, key.public_inputs, &proof)?;
    let claims = Claims::<B::Scalar>::parse(&proof, log_n)?;
    let commitments = Commitments::<B>::parse(&proof, log_n)?;

    let challenges = Challenges::draw::<B>(&key.hash, public_inputs, &proof, log_n);
    let last_claim = sumcheck::check_rounds(&proof, claims.libra_sum, &challenges, log_n)?;

    let (numerator, denominator) = inputs.delta(challenges.beta, challenges.gamma, key.public_input_offset);
    let squares = opening::squares(challenges.gemini_r, log_n);
    let squares = &squares[..log_n];
    let inverses = Inverses::compute(&challenges, squares, denominator, log_n)?;

    let parameters = Parameters {
        eta: challenges.eta,
        beta: challenges.beta,
        gamma: challenges.gamma,
        alpha: challenges.alpha,
        public_input_delta: numerator * inverses.delta(),
        row_separator: sumcheck::row_separator(&challenges, log_n),
    };
    let relations = relations::evaluate(&claims.evaluations, &parameters);
    sumcheck::check_last_claim(last_claim, relations, claims.libra_evaluation, &challenges, log_n)?;
    libra::check(&claims, &challenges, &inverses, log_n)?;

    let (claims, commitments, challenges, inverses) = (&claims, &commitments, &challenges, &inverses);
    let own = Opening { key, commitments, claims, challenges, inverses, squares }.pairing_inputs();
    let [left, right] = pairing_points::combine::<B>(own, proof.section(Section::PairingPoints))?;
    if B::pairing_check(&left, &right) { Ok(()) } else { Err(VerifyError::Pairing) }
}
