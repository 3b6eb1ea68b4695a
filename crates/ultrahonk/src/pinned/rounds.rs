//! Sumcheck. See [`crate::sumcheck`], which this follows.

use super::challenges::Challenges;
use super::{LOG_N, Proof, Refusal, check, section};
use crate::layout::{ROUND_VALUES, Section};
use crate::limbs::constants::element;
use crate::limbs::{Fr29, Loose, Operand, Short};

/// 8!, by which the claims are scaled so that Newton's coefficients are integers.
pub(super) const SCALE: i64 = 40_320;

/// `8! / k!`.
const NEWTON: [i64; ROUND_VALUES] = [40_320, 40_320, 20_160, 6_720, 1_680, 336, 56, 8, 1];

/// 1 in Montgomery form.
pub(super) const ONE: Fr29 = element([1, 0, 0, 0], 1);
/// `R` in Montgomery form: a product by it turns the plain into the Montgomery form.
pub(super) const R: Fr29 = element([1, 0, 0, 0], 2);

/// The Montgomery form of a challenge.
#[inline(always)]
pub(super) fn montgomery(challenge: &Short) -> Fr29 {
    challenge.element().times(&R)
}

/// Checks the rounds; returns 8! times the last claim, in plain form.
#[inline(never)]
pub(super) fn check_rounds(proof: &Proof, challenges: &Challenges) -> Result<Fr29, Refusal> {
    let mut canonical = true;
    let libra_sum = Fr29::parse(&section(proof, Section::LibraSum)[0], &mut canonical);
    let mut claim = Fr29::combination([SCALE], [&challenges.libra.times(&libra_sum)]);
    let (rounds, _) = section(proof, Section::Univariates).as_chunks::<ROUND_VALUES>();
    let mut held = true;
    for (words, challenge) in rounds.iter().zip(&challenges.rounds) {
        let values = words.each_ref().map(|word| Fr29::parse(word, &mut canonical));
        held &= Fr29::combination([SCALE, SCALE, -1], [&values[0], &values[1], &claim]).is_zero();
        claim = scaled_value(&values, *challenge);
    }
    check(canonical, Refusal::NotCanonical)?;
    check(held, Refusal::SumcheckRound)?;
    Ok(claim)
}

/// 8! times the value at `u` of the polynomial of degree 8 with these values at 0..=8, by Newton's formula: with forward
/// differences `d_k`, `p(u) = sum_k d_k u (u - 1) .. (u - k + 1) / k!`.
///
/// `d_k` is a sum of `2^k` values up to sign, so its limbs times the coefficient are below `2^46`.
#[inline(always)]
fn scaled_value(values: &[Fr29; ROUND_VALUES], u: Short) -> Fr29 {
    let differences = forward_differences(values);
    let mut factor = u;
    factor.shift(-8);
    let mut value = Loose(differences[8]).tightened();
    for k in (0..8).rev() {
        factor.shift(1);
        value = factor.times_plus(&value, NEWTON[k], &differences[k]);
    }
    value
}

/// The differences of order 0 to 8, limb by limb.
#[inline(never)]
fn forward_differences(values: &[Fr29; ROUND_VALUES]) -> [[i64; 9]; ROUND_VALUES] {
    let mut differences = [values[0].0; ROUND_VALUES];
    for limb in 0..9 {
        let mut row: [i64; ROUND_VALUES] = core::array::from_fn(|i| values[i].0[limb]);
        for order in 1..ROUND_VALUES {
            for i in (order..ROUND_VALUES).rev() {
                row[i] = row[i].wrapping_sub(row[i - 1]);
            }
        }
        for (difference, value) in differences.iter_mut().zip(row) {
            difference[limb] = value;
        }
    }
    differences
}

/// The row separator at the sumcheck point: the product of `1 + u_i (gate^(2^i) - 1)`, in Montgomery form.
#[inline(never)]
pub(super) fn row_separator(challenges: &Challenges) -> Fr29 {
    let factor = |u: &Short, gate: &Fr29| u.times_plus(&gate.minus(&ONE), 1, &ONE.0);
    let mut gate = montgomery(&challenges.gate);
    let mut product = factor(&challenges.rounds[0], &gate);
    for u in &challenges.rounds[1..] {
        gate = gate.squared();
        product = product.times(&factor(u, &gate));
    }
    product
}

/// `1 - prod_(i >= 2) (1 - u_i)`, times `R^2`. The first four rows carry the masks of the witness; the relations are
/// switched off there.
#[inline(never)]
pub(super) fn enabled(challenges: &Challenges) -> Fr29 {
    let mut disabled = R;
    for u in &challenges.rounds[2..LOG_N] {
        disabled = u.one_minus().times(&disabled);
    }
    R.minus(&disabled).tightened()
}
