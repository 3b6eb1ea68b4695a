//! Libra: the masking polynomials' consistency. See [`crate::libra`], which this follows.

use super::challenges::Challenges;
use super::hints::Hints;
use super::rounds::{ONE, montgomery};
use super::{LOG_N, Proof, Refusal, check, section};
use crate::constants::{LIBRA_ROOT, LIBRA_ROOT_INVERSE};
use crate::layout::{ROUND_VALUES, Section};
use crate::limbs::constants::{Words, element, power_of_two, product_modulo, words_of_bytes};
use crate::limbs::settle::settle;
use crate::limbs::{Columns, Fr29, Operand};

/// Slots of the domain that hold something: one, and the powers 0 to 8 of each round's challenge.
const SLOTS: usize = 1 + ROUND_VALUES * LOG_N;

/// `g^k` in Montgomery form.
static POWERS: [Fr29; SLOTS] = {
    let root = words_of_bytes(&LIBRA_ROOT);
    let (mut powers, mut power, mut k) = ([Fr29::ZERO; SLOTS], power_of_two(261), 0);
    while k < SLOTS {
        powers[k] = element(power, 0);
        power = product_modulo(power, root);
        k += 1;
    }
    powers
};

/// `g` in Montgomery form.
const ROOT: Fr29 = element(words_of_bytes(&LIBRA_ROOT), 1);
/// `1 / g` in Montgomery form: `g^255`.
const ROOT_INVERSE_WORDS: Words = words_of_bytes(&LIBRA_ROOT_INVERSE);
const ROOT_INVERSE: Fr29 = element(ROOT_INVERSE_WORDS, 1);

/// What the proof claims of Libra's polynomials, in plain form.
pub(super) struct Claims {
    /// The concatenation at `r`.
    pub(super) concatenation: Fr29,
    /// The grand sum at `g r` and at `r`.
    pub(super) sum_next: Fr29,
    pub(super) sum: Fr29,
    /// The quotient at `r`.
    pub(super) quotient: Fr29,
}

impl Claims {
    pub(super) fn parse(proof: &Proof) -> Result<Self, Refusal> {
        let mut canonical = true;
        let words = section(proof, Section::LibraPolynomialEvaluations);
        let [concatenation, sum_next, sum, quotient] = core::array::from_fn(|i| Fr29::parse(&words[i], &mut canonical));
        check(canonical, Refusal::NotCanonical)?;
        Ok(Self { concatenation, sum_next, sum, quotient })
    }
}

/// What is opened where: Gemini's point, its squares and Shplonk's point, in Montgomery form.
pub(super) struct Points {
    /// `r^(2^i)` for `i` in `0..12`.
    pub(super) squares: [Fr29; LOG_N],
    /// `g r`.
    pub(super) next: Fr29,
    pub(super) shplonk_z: Fr29,
}

impl Points {
    #[inline(never)]
    pub(super) fn new(challenges: &Challenges) -> Self {
        let mut squares = [montgomery(&challenges.gemini_r); LOG_N];
        for i in 1..LOG_N {
            squares[i] = squares[i - 1].squared();
        }
        Self { next: squares[0].times(&ROOT), shplonk_z: montgomery(&challenges.shplonk_z), squares }
    }
}

/// Checks, with `h_k = g^k / (r - g^k)` and `F = h_0 + sum_i sum_j u_i^j h_(1 + 9 i + j)`, that
///
/// `Z [h_0 a_2 + h_255 (a_2 - e) - q a_0 F - 256 a_3] + 256 q (a_1 - a_2) = 0`
///
/// where `Z = r^256 - 1` is not 0, `q = r - 1 / g`, `a` are the claimed values of the concatenation at `r`, of the grand sum
/// at `g r` and `r`, and of the quotient at `r`, and `e` is the claimed evaluation.
#[inline(never)]
pub(super) fn check_consistency<H: Hints>(
    claims: &Claims,
    evaluation: &Fr29,
    challenges: &Challenges,
    points: &Points,
    hints: &mut H,
) -> Result<(), Refusal> {
    let Claims { concatenation, sum_next, sum, quotient } = claims;

    let r = &points.squares[0];
    let first = hints.checked_quotient(&POWERS[0], &r.minus(&POWERS[0]))?;
    let to_last = r.minus(&ROOT_INVERSE);
    let last = hints.checked_quotient(&ROOT_INVERSE, &to_last)?;
    let total = masked_sum(challenges, r, &first, hints)?;

    let vanishing = points.squares[8].minus(&ONE);
    check(!vanishing.is_zero(), Refusal::Libra)?;
    let masked = to_last.times(&concatenation.times(&total));
    let inner = Columns::of(&first, sum).add(&sum.minus(evaluation), &last).reduce();
    let inner = Fr29::combination([1, -1, -256], [&inner, &masked, quotient]);
    let step = Fr29::combination([256, -256], [sum_next, sum]);
    let whole = Columns::of(&vanishing, &inner).add(&to_last, &step).reduce();
    check(whole.is_zero(), Refusal::Libra)
}

/// `F`, in Montgomery form, from `h_0`.
#[inline(never)]
fn masked_sum<H: Hints>(challenges: &Challenges, r: &Fr29, first: &Fr29, hints: &mut H) -> Result<Fr29, Refusal> {
    let mut total = *first;
    for (round, u) in challenges.rounds.iter().enumerate() {
        let slots = &POWERS[1 + ROUND_VALUES * round..][..ROUND_VALUES];
        let mut sum = hints.checked_quotient(&slots[8], &r.minus(&slots[8]))?;
        for slot in slots[..8].iter().rev() {
            let hint = hints.checked_quotient(slot, &r.minus(slot))?;
            sum = u.times_plus(&sum, 1, &hint.0);
        }
        for (limb, value) in total.0.iter_mut().zip(sum.0) {
            *limb = limb.wrapping_add(value);
        }
    }
    // Thirteen integers: within the bounds of `settle`.
    Ok(Fr29(settle(|i| total.0[i], 0)))
}
