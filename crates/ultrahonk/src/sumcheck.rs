//! Sumcheck: from the claim that the relations hold on every row to one claim at a random point.

use crate::backend::Scalar;
use crate::error::VerifyError;
use crate::layout::{ROUND_VALUES, Section};
use crate::proof::Proof;
use crate::transcript::Challenges;

/// 8!, by which the round polynomials' coefficients are scaled so that the matrices below hold integers.
const SCALE: i64 = 40_320;

/// With `c = u - 4`, the polynomial through the values at 0..=8 is `even(c^2) + c odd(c^2)`. Row `m` gives 8! times the
/// coefficient of `c^(2m)` in terms of `v4, v5 + v3, v6 + v2, v7 + v1, v8 + v0`.
const EVEN: [[i64; 5]; 5] = [
    [40_320, 0, 0, 0, 0],
    [-57_400, 32_256, -4032, 512, -36],
    [19_110, -13_664, 4732, -672, 49],
    [-2100, 1624, -728, 168, -14],
    [70, -56, 28, -8, 1],
];

/// Row `m` gives 8! times the coefficient of `c^(2m+1)` in terms of `v5 - v3, v6 - v2, v7 - v1, v8 - v0`.
const ODD: [[i64; 4]; 4] =
    [[32_256, -8064, 1536, -144], [-13_664, 9464, -2016, 196], [1624, -1456, 504, -56], [-56, 56, -24, 4]];

/// Checks the rounds; returns 8! times the last claim.
pub(crate) fn check_rounds<F: Scalar>(
    proof: &Proof<'_>,
    libra_sum: F,
    challenges: &Challenges<F>,
    log_n: usize,
) -> Result<F, VerifyError> {
    let scale = F::from_i64(SCALE);
    let mut claim = scale * challenges.libra * libra_sum;
    for (round, challenge) in challenges.rounds[..log_n].iter().enumerate() {
        let values: [F; ROUND_VALUES] = proof.scalars(Section::Univariates, ROUND_VALUES * round)?;
        if scale * (values[0] + values[1]) != claim {
            return Err(VerifyError::SumcheckRound { round });
        }
        claim = scaled_value(&values, *challenge);
    }
    Ok(claim)
}

/// Checks the last claim against the value of the relations at the claimed evaluations. `relations` includes the row
/// separator, `claim` is what [`check_rounds`] returned.
pub(crate) fn check_last_claim<F: Scalar>(
    claim: F,
    relations: F,
    libra_evaluation: F,
    challenges: &Challenges<F>,
    log_n: usize,
) -> Result<(), VerifyError> {
    // The first four rows carry the masks of the witness; the relations are switched off there.
    let disabled = challenges.rounds[2..log_n].iter().fold(F::ONE, |product, u| product * (F::ONE - *u));
    let value = relations * (F::ONE - disabled) + challenges.libra * libra_evaluation;
    if F::from_i64(SCALE) * value == claim { Ok(()) } else { Err(VerifyError::SumcheckFinal) }
}

/// The row separator at the sumcheck point: the product of `1 + u_i (gate^(2^i) - 1)`.
pub(crate) fn row_separator<F: Scalar>(challenges: &Challenges<F>, log_n: usize) -> F {
    let mut gate = challenges.gate;
    let mut product = F::ONE;
    for u in &challenges.rounds[..log_n] {
        product *= F::ONE + *u * (gate - F::ONE);
        gate = gate.square();
    }
    product
}

/// 8! times the value at `u` of the polynomial of degree 8 with these values at 0..=8.
fn scaled_value<F: Scalar>(values: &[F; ROUND_VALUES], u: F) -> F {
    let v = values;
    let sums = [v[4], v[5] + v[3], v[6] + v[2], v[7] + v[1], v[8] + v[0]];
    let differences = [v[5] - v[3], v[6] - v[2], v[7] - v[1], v[8] - v[0]];
    let c = u - F::from_i64(4);
    let y = c.square();
    let horner = |sum: F, coefficient: F| sum * y + coefficient;
    let even = EVEN.iter().rev().map(|row| F::small_combination(row, &sums)).fold(F::ZERO, horner);
    let odd = ODD.iter().rev().map(|row| F::small_combination(row, &differences)).fold(F::ZERO, horner);
    even + c * odd
}

#[cfg(all(test, feature = "host"))]
mod tests {
    use ark_bn254::Fr;

    use super::*;

    #[test]
    fn the_round_polynomial_is_interpolated() {
        // x^k for every k up to 8, at its own nodes and elsewhere.
        for degree in 0..=8u32 {
            let power = |x: u64| (0..degree).fold(Fr::ONE, |product, _| product * Fr::from(x));
            let values: [Fr; 9] = core::array::from_fn(|x| power(x as u64));
            for x in [0, 1, 4, 8, 9, 1_000_003] {
                assert_eq!(scaled_value(&values, Fr::from(x)), Fr::from(40_320u64) * power(x), "x^{degree} at {x}");
            }
        }
    }

    #[test]
    fn separators_of_the_cube_are_powers_of_the_gate_challenge() {
        // At the corner with bits of 5 the separator is gate^5.
        let mut rounds = [Fr::ZERO; crate::vk::MAX_LOG_N];
        (rounds[0], rounds[2]) = (Fr::ONE, Fr::ONE);
        let challenges = Challenges { gate: Fr::from(7u64), rounds, ..Challenges::distinct() };
        assert_eq!(row_separator(&challenges, 4), Fr::from(7u64 * 7 * 7 * 7 * 7));
    }
}
