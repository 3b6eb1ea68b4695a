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
