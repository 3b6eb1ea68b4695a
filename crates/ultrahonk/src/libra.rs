//! Libra's consistency check: the claimed evaluation of the masking polynomial belongs to the committed polynomials.

use crate::backend::Scalar;
use crate::claims::{Claims, LibraOpenings};
use crate::constants::{LIBRA_ROOT, LIBRA_ROOT_INVERSE, element};
use crate::denominators::Inverses;
use crate::error::VerifyError;
use crate::transcript::Challenges;

/// Squarings from `r` to `r^256`: the domain has 256 elements.
const LOG_DOMAIN: usize = 8;
const DOMAIN: i64 = 1 << LOG_DOMAIN;

/// Checks, at `r` outside the domain, with `[a_0, a_1, a_2, a_3]` the openings of the concatenation at `r`, the grand sum at
/// `g r` and at `r`, and the quotient at `r`, and `Z = r^256 - 1`:
///
/// `L_0 a_2 + (r - 1/g)(a_1 - a_2 - a_0 C) + L_255 (a_2 - evaluation) = Z a_3`
///
/// where `L_k = Z / 256 / (r g^-k - 1)` and `C = sum_k c_k L_k` with `c_0 = 1`, `c_(1+9i+j) = u_i^j` for `j` in `0..9`. The
/// other slots of the domain are 0, so the sum has `1 + 9 log_n` terms. Checked multiplied by 256 with `Z` factored out.
pub(crate) fn check<F: Scalar>(
    claims: &Claims<F>,
    challenges: &Challenges<F>,
    inverses: &Inverses<F>,
    log_n: usize,
) -> Result<(), VerifyError> {
    let r = challenges.gemini_r;
    let vanishing = (0..LOG_DOMAIN).fold(r, |power, _| power.square()) - F::ONE;
    if vanishing.is_zero() {
        return Err(VerifyError::ZeroDenominator);
    }
    let LibraOpenings { concatenation, grand_sum_next, grand_sum, quotient } = claims.libra;
    let evaluation = claims.libra_evaluation;
    // 1 / (r - 1) and 1 / (g r - 1): the first and the last Lagrange polynomial, without Z / 256.
    let (first, last) = (inverses.libra()[0], inverses.libra_last());
    let sum = challenge_sum(&challenges.rounds[..log_n], inverses.libra());
    let distance = r - element::<F>(&LIBRA_ROOT_INVERSE);
    let domain = F::from_i64(DOMAIN);

    let inside =
        first * grand_sum + last * (grand_sum - evaluation) - distance * concatenation * sum - domain * quotient;
    let outside = distance * domain * (grand_sum_next - grand_sum);
    if (vanishing * inside + outside).is_zero() { Ok(()) } else { Err(VerifyError::LibraConsistency) }
}

/// `sum_k c_k / (r g^-k - 1)`, from the inverses of `r - g^k`.
fn challenge_sum<F: Scalar>(rounds: &[F], inverses: &[F]) -> F {
    let root: F = element(&LIBRA_ROOT);
    let (constant, blocks) = inverses.split_at(1);
    let mut sum = constant[0];
    let mut root_power = root;
    for (u, block) in rounds.iter().zip(blocks.chunks_exact(9)) {
        let mut power = F::ONE;
        for inverse in block {
            sum += power * root_power * *inverse;
            power *= *u;
            root_power *= root;
        }
    }
    sum
}

#[cfg(all(test, feature = "host"))]
mod tests {
    use ark_bn254::Fr;

    use super::*;
    use crate::claims::LibraOpenings;
    use crate::entity::Evaluations;
    use crate::opening;
    use crate::vk::MAX_LOG_N;

    /// In the domain `Z` is 0 and the equation would say nothing about the sum. Slot 200 carries no coefficient at
    /// `log_n` 12, so no denominator is 0 there.
    #[test]
    fn a_point_of_the_domain_is_refused() {
        let log_n = 12;
        let root: Fr = element(&LIBRA_ROOT);
        let inside = (0..200).fold(Fr::ONE, |power, _| power * root);
        let seven = Fr::from(7u64);
        for (gemini_r, expected) in
            [(inside, VerifyError::ZeroDenominator), (inside + Fr::ONE, VerifyError::LibraConsistency)]
        {
            let challenges = Challenges { gemini_r, ..Challenges::distinct() };
            let openings =
                LibraOpenings { concatenation: seven, grand_sum_next: seven, grand_sum: seven, quotient: seven };
            let claims = Claims {
                evaluations: Evaluations([seven; crate::layout::EVALUATIONS]),
                libra_sum: seven,
                libra_evaluation: seven,
                folds: [seven; MAX_LOG_N],
                libra: openings,
            };
            let squares = opening::squares(gemini_r, log_n);
            let inverses = Inverses::compute(&challenges, &squares[..log_n], seven, log_n).unwrap();
            assert_eq!(check(&claims, &challenges, &inverses, log_n), Err(expected));
        }
    }

    /// The sparse sum against the definition: all 256 slots, one division each.
    #[test]
    fn the_sparse_sum_is_the_sum_over_the_domain() {
        let rounds = [3u64, 5, 8].map(Fr::from);
        let (root, r) = (element::<Fr>(&LIBRA_ROOT), Fr::from(1_000_003u64));
        let mut coefficients = [Fr::ZERO; 256];
        coefficients[0] = Fr::ONE;
        for (i, u) in rounds.into_iter().enumerate() {
            for j in 0..9 {
                coefficients[1 + 9 * i + j] = (0..j).fold(Fr::ONE, |power, _| power * u);
            }
        }
        let (mut expected, mut power) = (Fr::ZERO, Fr::ONE);
        for coefficient in coefficients {
            let denominator = r * Scalar::inverse(power).unwrap() - Fr::ONE;
            expected += coefficient * Scalar::inverse(denominator).unwrap();
            power *= root;
        }
        let mut power = Fr::ONE;
        let inverses: [Fr; 28] = core::array::from_fn(|_| {
            let inverse = Scalar::inverse(r - power).unwrap();
            power *= root;
            inverse
        });
        assert_eq!(challenge_sum(&rounds, &inverses), expected);
    }
}
