//! The scalars that a proof claims, apart from the round polynomials (which sumcheck reads round by round).

use crate::backend::Scalar;
use crate::entity::Evaluations;
use crate::error::VerifyError;
use crate::layout::Section;
use crate::proof::Proof;
use crate::vk::MAX_LOG_N;

/// Libra's polynomials at the points where they are opened.
pub(crate) struct LibraOpenings<F> {
    /// The concatenated masking univariates at `r`.
    pub(crate) concatenation: F,
    /// The grand sum at `g r`.
    pub(crate) grand_sum_next: F,
    /// The grand sum at `r`.
    pub(crate) grand_sum: F,
    /// The quotient at `r`.
    pub(crate) quotient: F,
}

/// Claimed values, each below `r`.
pub(crate) struct Claims<F> {
    /// The polynomials at the sumcheck point.
    pub(crate) evaluations: Evaluations<F>,
    /// The sum of the Libra masking polynomial over the hypercube.
    pub(crate) libra_sum: F,
    /// The Libra masking polynomial at the sumcheck point.
    pub(crate) libra_evaluation: F,
    /// `A_i(-r^(2^i))`; beyond `log_n` the array is 0.
    pub(crate) folds: [F; MAX_LOG_N],
    pub(crate) libra: LibraOpenings<F>,
}

impl<F: Scalar> Claims<F> {
    pub(crate) fn parse(proof: &Proof<'_>, log_n: usize) -> Result<Self, VerifyError> {
        let libra_sum = proof.scalar(Section::LibraSum, 0)?;
        let evaluations = Evaluations(proof.scalars(Section::Evaluations, 0)?);
        let libra_evaluation = proof.scalar(Section::LibraEvaluation, 0)?;
        let mut folds = [F::ZERO; MAX_LOG_N];
        for (index, fold) in folds[..log_n].iter_mut().enumerate() {
            *fold = proof.scalar(Section::FoldEvaluations, index)?;
        }
        let [concatenation, grand_sum_next, grand_sum, quotient] =
            proof.scalars(Section::LibraPolynomialEvaluations, 0)?;
        let libra = LibraOpenings { concatenation, grand_sum_next, grand_sum, quotient };
        Ok(Self { evaluations, libra_sum, libra_evaluation, folds, libra })
    }
}
