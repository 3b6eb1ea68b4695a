//! The scalars of the opening: Gemini's folds, batched by Shplonk. See [`crate::opening`], whose formulas these are.
//!
//! Every scalar of a commitment is negated, by starting the powers of nu at -1, and in plain form.

use super::challenges::Challenges;
use super::evaluations::Evaluations;
use super::hints::Hints;
use super::key::ZERO;
use super::libra::{Claims, Points};
use super::rounds::{ONE, montgomery};
use super::{LOG_N, Proof, Refusal, check, section};
use crate::layout::{EVALUATIONS, Section};
use crate::limbs::constants::{element, negated};
use crate::limbs::{Columns, Fr29, Operand, Word};

/// -1 in plain form.
const MINUS_ONE: Fr29 = element(negated([1, 0, 0, 0]), 0);
/// `-R^2`: a product by it turns the power -1 of `R` into the plain form, negated.
const MINUS_R_SQUARED: Fr29 = element(negated([1, 0, 0, 0]), 2);

/// Scalars, as the curve takes them: any representatives below `2^256`.
pub(super) struct Scalars {
    /// Of the batched commitments.
    pub(super) unshifted: Word,
    /// Of the commitments that are opened shifted, batched among themselves.
    pub(super) shifted: Word,
    /// Of the folds `A_1 .. A_11`.
    pub(super) folds: [Word; LOG_N - 1],
    /// Of Libra's concatenation, grand sum and quotient.
    pub(super) libra: [Word; 3],
    /// Of the generator.
    pub(super) constant: Word,
    /// `rho^5` and `rho^6`.
    pub(super) rho: [Word; 2],
}

/// `-nu^(2i) / (z - r_i)` and `-nu^(2i + 1) / (z + r_i)`, plain; and `-nu^24`.
struct Weights {
    positive: [Fr29; LOG_N],
    negative: [Fr29; LOG_N],
    nu_power: Fr29,
}

/// Powers of rho, in Montgomery form.
pub(super) struct Rho {
    fifth: Fr29,
    sixth: Fr29,
    eighth: Fr29,
    twenty_ninth: Fr29,
}

/// Computes the scalars from the claimed values.
#[inline(never)]
pub(super) fn scalars<H: Hints>(
    proof: &Proof,
    challenges: &Challenges,
    points: &Points,
    batched: &Fr29,
    claims: &Claims,
    rho: &Rho,
    hints: &mut H,
) -> Result<Scalars, Refusal> {
    let mut weights = Weights::START;
    weights.fill(challenges, points, hints)?;
    let (positive, negative) = (&weights.positive[0], &weights.negative[0]);
    let unshifted = positive.plus(negative).tightened();
    let inverse = hints.checked_quotient(&ONE, &points.squares[0])?;
    // Commitment `29 + j` is opened shifted as number `37 + j`.
    let shifted = positive.minus(negative).times(&inverse).times(&rho.eighth);
    let shifted = unshifted.plus(&shifted).times(&rho.twenty_ninth);

    let folds = fold_constant(proof, challenges, points, batched, &weights, hints)?;
    let libra = Libra::compute(claims, challenges, points, &weights, hints)?;
    check(hints.are_canonical(), Refusal::NotCanonical)?;
    let constant = folds.plus(&libra.constant).times(&MINUS_R_SQUARED);
    let plain = |power: &Fr29| power.over_r().to_word();
    Ok(Scalars {
        unshifted: unshifted.to_word(),
        shifted: shifted.to_word(),
        folds: core::array::from_fn(|i| weights.positive[i + 1].plus(&weights.negative[i + 1]).to_word()),
        libra: libra.scalars,
        constant: constant.to_word(),
        rho: [plain(&rho.fifth), plain(&rho.sixth)],
    })
}

impl Rho {
    #[inline(never)]
    pub(super) fn new(challenges: &Challenges) -> Self {
        let short = &challenges.rho;
        let second = short.times(&montgomery(short));
        let fourth = second.squared();
        let fifth = short.times(&fourth);
        let sixth = short.times(&fifth);
        let eighth = fourth.squared();
        let twenty_eighth = eighth.times(&sixth).squared();
        Self { fifth, sixth, eighth, twenty_ninth: short.times(&twenty_eighth) }
    }
}

/// `sum_k rho^k e_k`, plain. Evaluations that are zero are skipped by the sixth and fifth power at once.
#[inline(never)]
pub(super) fn batched_evaluation(evaluations: &Evaluations, challenges: &Challenges, rho: &Rho) -> Fr29 {
    let mut sum = *evaluations.place(EVALUATIONS - 1);
    let (mut place, mut last) = (EVALUATIONS - 1, EVALUATIONS - 1);
    while place > 0 {
        place -= 1;
        if ZERO.holds(place) {
            continue;
        }
        let value = evaluations.place(place);
        sum = match last - place {
            1 => challenges.rho.times_plus(&sum, 1, &value.0),
            5 => rho.fifth.times(&sum).plus(value).tightened(),
            6 => rho.sixth.times(&sum).plus(value).tightened(),
            _ => unreachable!("runs of four and five zeros"),
        };
        last = place;
    }
    sum
}

impl Weights {
    const START: Self = Self { positive: [MINUS_ONE; LOG_N], negative: [MINUS_ONE; LOG_N], nu_power: MINUS_ONE };

    #[inline(never)]
    fn fill<H: Hints>(&mut self, challenges: &Challenges, points: &Points, hints: &mut H) -> Result<(), Refusal> {
        let (nu, z) = (&challenges.shplonk_nu, &points.shplonk_z);
        for (i, square) in points.squares.iter().enumerate() {
            let odd = nu.times(&self.nu_power);
            self.positive[i] = hints.checked_quotient(&self.nu_power, &z.minus(square))?;
            self.negative[i] = hints.checked_quotient(&odd, &z.plus(square))?;
            self.nu_power = nu.times(&odd);
        }
        Ok(())
    }
}

/// `sum_i positive_i A_i(r_i) + negative_i A_i(-r_i)`, negated, power -1 of `R`. The values `A_i(r_i)` are hints, from the
/// batched evaluation `A_12` downwards: `r_i [(1 - u_i) (A_i(r_i) + A_i(-r_i)) - 2 A_(i+1)] + u_i [A_i(r_i) - A_i(-r_i)] = 0`.
#[inline(never)]
fn fold_constant<H: Hints>(
    proof: &Proof,
    challenges: &Challenges,
    points: &Points,
    batched: &Fr29,
    weights: &Weights,
    hints: &mut H,
) -> Result<Fr29, Refusal> {
    let (mut canonical, mut held) = (true, true);
    let words = section(proof, Section::FoldEvaluations);
    let mut next = *batched;
    let mut sum = Columns::of(&Fr29::ZERO, &Fr29::ZERO);
    for i in (0..LOG_N).rev() {
        let (square, u) = (&points.squares[i], &challenges.rounds[i]);
        let negative = Fr29::parse(&words[i], &mut canonical);
        let value = hints.fold(square, u, &negative, &next);
        let even = u.one_minus().times_plus(&value.plus(&negative), -2, &next.0);
        let odd = u.times(&value.minus(&negative));
        held &= even.times(square).plus(&odd).is_zero();
        sum.add(&weights.positive[i], &value).add(&weights.negative[i], &negative);
        next = value;
    }
    check(canonical, Refusal::NotCanonical)?;
    check(held, Refusal::Hint)?;
    Ok(sum.reduce())
}

/// Libra's share: the openings with the next powers of nu.
struct Libra {
    scalars: [Word; 3],
    /// Negated, power -1 of `R`.
    constant: Fr29,
}

impl Libra {
    /// The concatenation at `r`, the grand sum at `g r`, `r` and 1 (where it is 0), the quotient at `r`.
    #[inline(never)]
    fn compute<H: Hints>(
        claims: &Claims,
        challenges: &Challenges,
        points: &Points,
        weights: &Weights,
        hints: &mut H,
    ) -> Result<Self, Refusal> {
        let (nu, z) = (&challenges.shplonk_nu, &points.shplonk_z);
        let Claims { concatenation, sum_next, sum, quotient } = claims;
        // Two negated factors: negated once more.
        let raised = weights.nu_power.times(&MINUS_R_SQUARED);
        let at_r = weights.positive[0].times(&raised);
        let odd = nu.times(&weights.nu_power);
        let next_at_g_r = hints.checked_quotient(&odd, &z.minus(&points.next))?;
        let sum_at_r = nu.times(&nu.times(&at_r));
        let sum_at_one = hints.checked_quotient(&nu.times(&nu.times(&odd)), &z.minus(&ONE))?;
        let quotient_at_r = nu.times(&nu.times(&sum_at_r));
        let constant = Columns::of(&at_r, concatenation)
            .add(&next_at_g_r, sum_next)
            .add(&sum_at_r, sum)
            .add(&quotient_at_r, quotient)
            .reduce();
        let grand_sum = Fr29::combination([1; 3], [&next_at_g_r, &sum_at_r, &sum_at_one]);
        Ok(Self { scalars: [at_r.to_word(), grand_sum.to_word(), quotient_at_r.to_word()], constant })
    }
}
