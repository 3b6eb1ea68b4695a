//! The relations of the gates that the circuit uses. See [`crate::relations`], whose numbering this follows: of the 29
//! subrelations, 8 to 20 are multiplied by polynomials that are zero.
//!
//! Comments give the power of Montgomery's `R` that an integer carries: 0 is the plain form, 1 Montgomery's. A product of two
//! has the sum of their powers less 1.

#[cfg(all(test, feature = "host"))]
mod tests;

use super::challenges::Challenges;
use super::evaluations::Evaluations;
use super::rounds::{ONE, montgomery};
use crate::constants::{HALF, POSEIDON2_INTERNAL_DIAGONAL};
use crate::entity::Entity;
use crate::limbs::constants::{element, negated, words_of_bytes};
use crate::limbs::{Columns, Fr29, Loose, Operand, Short};
use crate::relations::poseidon2::EXTERNAL;

/// 1 with the powers 2, 4 and 5 of `R`: a product adds one less.
const RAISE_BY_1: Fr29 = element([1, 0, 0, 0], 2);
const RAISE_BY_3: Fr29 = element([1, 0, 0, 0], 4);
const RAISE_BY_4: Fr29 = element([1, 0, 0, 0], 5);
/// `-1/2`, power 3.
const NEGATIVE_HALF: Fr29 = element(negated(words_of_bytes(&HALF)), 3);
/// 2, power 1.
const TWO: Fr29 = element([2, 0, 0, 0], 1);
/// Poseidon2's diagonal, power 1.
const DIAGONAL: [Fr29; 4] = {
    let words = &POSEIDON2_INTERNAL_DIAGONAL;
    [
        element(words_of_bytes(&words[0]), 1),
        element(words_of_bytes(&words[1]), 1),
        element(words_of_bytes(&words[2]), 1),
        element(words_of_bytes(&words[3]), 1),
    ]
};

/// Powers of alpha, power 1 of `R`.
struct Alpha<'a> {
    short: &'a Short,
    first: Fr29,
    second: Fr29,
    third: Fr29,
    fourth: Fr29,
}

impl<'a> Alpha<'a> {
    fn new(short: &'a Short) -> Self {
        let first = montgomery(short);
        let second = short.times(&first);
        let third = short.times(&second);
        let fourth = second.squared();
        Self { short, first, second, third, fourth }
    }

    /// `a_0 + alpha a_1 + alpha^2 a_2 + ..`, all with the same power of `R`.
    #[inline(always)]
    fn horner<const N: usize>(&self, coefficients: [&Fr29; N]) -> Fr29 {
        let mut sum = *coefficients[N - 1];
        for coefficient in coefficients[..N - 1].iter().rev() {
            sum = self.short.times_plus(&sum, 1, &coefficient.0);
        }
        sum
    }
}

/// `sum_k alpha^k relation_k` with the row separator where it belongs. Power -1 of `R`. `delta` and `rows` have power 1.
#[inline(never)]
pub(super) fn evaluate(e: &Evaluations, challenges: &Challenges, delta: &Fr29, rows: &Fr29) -> Fr29 {
    let alpha = Alpha::new(&challenges.alpha);
    let (lookup, read) = lookup(e, challenges, &alpha);
    let gates = gates(e, &alpha);
    // Subrelations 0 to 2, then 3 and 5, then 6, 7 and 21 to 28.
    let upper = alpha.third.times(&gates).plus(&lookup);
    let total = upper.times(&alpha.third).plus(&permutation(e, challenges, delta, &alpha));
    // Subrelation 4, `-counts read`, is without the row separator.
    let counts = alpha.fourth.times(e.at(Entity::LookupCounts)).times(&RAISE_BY_1);
    Columns::of(&total, rows).add(&counts.negated(), &read).reduce()
}

/// Subrelations 0 to 2, power -1.
#[inline(never)]
fn permutation(e: &Evaluations, challenges: &Challenges, delta: &Fr29, alpha: &Alpha<'_>) -> Fr29 {
    let wires = [Entity::Wl, Entity::Wr, Entity::Wo, Entity::W4];
    let product = |positions: [Entity; 4]| {
        let factor = |i: usize| shifted_wire(e.at(wires[i]), e.at(positions[i]), challenges);
        factor(0).times(&factor(1)).times(&factor(2).times(&factor(3)))
    };
    let identity = product([Entity::Id1, Entity::Id2, Entity::Id3, Entity::Id4]);
    let permuted = product([Entity::S1, Entity::S2, Entity::S3, Entity::S4]);
    let (z, z_shift) = (e.at(Entity::GrandProduct), e.at(Entity::GrandProductShift));
    let (first, last) = (e.at(Entity::LagrangeFirst), e.at(Entity::LagrangeLast));
    let next = z_shift.plus(&last.times(delta));
    let step = Columns::of(&z.plus(first), &identity).add(&next, &permuted.negated()).reduce();
    alpha.horner([&step.times(&RAISE_BY_3), &last.times(z_shift), &first.times(z)])
}

/// `wire + gamma + beta position`, power 0.
#[inline(never)]
fn shifted_wire(wire: &Fr29, position: &Fr29, challenges: &Challenges) -> Fr29 {
    challenges.beta.times_plus(position, 1, &wire.plus(&challenges.gamma.element()).0)
}

/// Subrelations 3 and 5, `relation_3 + alpha^2 relation_5`, and the read term times the inverse, of which subrelation 4 is
/// made. Power -1.
///
/// The tables and `q_lookup` are zero, so the table term is gamma. The read term is
/// `w_l + gamma + q_r w_l' + beta (w_r + q_m w_r') + beta^2 (w_o + q_c w_o') + beta^3 q_o`.
#[inline(never)]
fn lookup(e: &Evaluations, challenges: &Challenges, alpha: &Alpha<'_>) -> (Fr29, Fr29) {
    let (beta, gamma) = (&challenges.beta, &challenges.gamma);
    let column = |wire: Entity, selector: Entity, shift: Entity, added: Fr29| {
        Columns::of(e.at(selector), e.at(shift)).add_over_r(e.at(wire)).add_over_r(&added).reduce()
    };
    let mut term = e.at(Entity::Qo).over_r();
    term = beta.times_plus(&term, 1, &column(Entity::Wo, Entity::Qc, Entity::WoShift, Fr29::ZERO).0);
    term = beta.times_plus(&term, 1, &column(Entity::Wr, Entity::Qm, Entity::WrShift, Fr29::ZERO).0);
    term = beta.times_plus(&term, 1, &column(Entity::Wl, Entity::Qr, Entity::WlShift, gamma.element()).0);
    let read = term.times(e.at(Entity::LookupInverses)).times(&RAISE_BY_1);
    let tags = e.at(Entity::LookupTags);
    let inverse = gamma.times(&read).minus(&tags.over_r());
    let boolean = tags.plus_small(-1).times(tags);
    (alpha.short.times_plus(&alpha.short.times(&boolean), 1, &inverse.0), read)
}

/// Subrelations 6, 7 and 21 to 28: `relation_6 + alpha relation_7 + alpha^15 (relation_21 + ..)`. Power -1.
#[inline(never)]
fn gates(e: &Evaluations, alpha: &Alpha<'_>) -> Fr29 {
    let (arithmetic, selector) = arithmetic(e, alpha);
    let poseidon2 = poseidon2(e, alpha);
    let fourteenth = alpha.third.times(&alpha.fourth).squared();
    let fifteenth = alpha.short.times(&fourteenth);
    Columns::of(&arithmetic, &selector).add(&poseidon2, &fifteenth).reduce()
}

/// Subrelations 6 and 7, `relation_6 + alpha relation_7`, without the factor `q_arith`: power -1. And that factor: power 1.
#[inline(never)]
fn arithmetic(e: &Evaluations, alpha: &Alpha<'_>) -> (Fr29, Fr29) {
    let selector = e.at(Entity::QArithmetic);
    let raised = selector.times(&RAISE_BY_1);
    let less_one = selector.plus_small(-1);
    let [w_l, w_r, w_o, w_4] = [Entity::Wl, Entity::Wr, Entity::Wo, Entity::W4].map(|entity| e.at(entity));
    let product = e.at(Entity::Qm).times(w_r).times(w_l).times(&NEGATIVE_HALF);
    let sum = Fr29::combination([1, 1, -1, 1], [w_l, w_4, e.at(Entity::WlShift), e.at(Entity::Qm)]);
    let switch = raised.minus(&TWO).times(&less_one);
    let relation = Columns::of(&selector.plus_small(-3), &product)
        .add(e.at(Entity::Ql), w_l)
        .add(e.at(Entity::Qr), w_r)
        .add(e.at(Entity::Qo), w_o)
        .add(e.at(Entity::Q4), w_4)
        .add(&less_one, e.at(Entity::W4Shift))
        .add(&alpha.short.times(&sum), &switch)
        .add_over_r(e.at(Entity::Qc))
        .reduce();
    (relation, raised)
}

/// Subrelations 21 to 28: `sum_k alpha^k (relation_(21 + k) + alpha^4 relation_(25 + k))`. Power -1.
///
/// Row `k` of a matrix times the state, summed over `k` with alpha, is the state times the sums of the matrix' columns.
#[inline(never)]
fn poseidon2(e: &Evaluations, alpha: &Alpha<'_>) -> Fr29 {
    let wires = [Entity::Wl, Entity::Wr, Entity::Wo, Entity::W4].map(|entity| e.at(entity));
    let [w_l_shift, w_r_shift, w_o_shift, w_4_shift] =
        [Entity::WlShift, Entity::WrShift, Entity::WoShift, Entity::W4Shift].map(|entity| e.at(entity));
    let constants = [Entity::Ql, Entity::Qr, Entity::Qo, Entity::Q4].map(|entity| e.at(entity));
    let powers = [&ONE, &alpha.first, &alpha.second, &alpha.third];
    let column = |j: usize| Fr29::combination(core::array::from_fn(|k| EXTERNAL[k][j]), powers);
    let fifth_power = |j: usize| fifth_power(&wires[j].plus(constants[j]));

    // Power 0 as the wires, and power -4.
    let first = fifth_power(0).times(&RAISE_BY_4);
    let rest = Columns::of(&column(1), &fifth_power(1))
        .add(&column(2), &fifth_power(2))
        .add(&column(3), &fifth_power(3))
        .reduce();
    let external = Columns::of(&column(0), &first).add(&RAISE_BY_4, &rest).reduce();

    let sum = Fr29::combination([1; 4], powers);
    let with_diagonal = |product: &Fr29| -> Loose { sum.plus(product) };
    let internal = Columns::of(&with_diagonal(&DIAGONAL[0]), &first)
        .add(&with_diagonal(&alpha.short.times(&DIAGONAL[1])), wires[1])
        .add(&with_diagonal(&alpha.second.times(&DIAGONAL[2])), wires[2])
        .add(&with_diagonal(&alpha.third.times(&DIAGONAL[3])), wires[3])
        .reduce();

    let shifts = alpha.horner([w_l_shift, w_r_shift, w_o_shift, w_4_shift]);
    let selector = alpha.fourth.times(e.at(Entity::QPoseidonInternal));
    Columns::of(&external.minus(&shifts), e.at(Entity::QPoseidonExternal))
        .add(&internal.minus(&shifts), &selector)
        .reduce()
}

/// `x^5 / R^4`.
#[inline(never)]
fn fifth_power(x: &Loose) -> Fr29 {
    let x = x.tightened();
    x.squared().squared().times(&x)
}
