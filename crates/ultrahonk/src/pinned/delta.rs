//! The public inputs' share of the permutation. See [`crate::public_inputs`], which this follows.

use super::challenges::Challenges;
use super::hints::Hints;
use super::{PUBLIC_INPUTS, PinnedKey, Refusal, check};
use crate::layout::PAIRING_POINT_LIMBS;
use crate::limbs::settle::carry;
use crate::limbs::{Fr29, Operand, Short, Word};

/// The offset of the numerator's positions: wires above all rows.
const SEPARATOR: i64 = 1 << 28;

/// `prod_j (gamma + beta (2^28 + row + j) + x_j) / prod_j (gamma - beta (row + 1 + j) + x_j)` over the public inputs and the
/// eight limbs of the pairing points, which are 0. In Montgomery form.
#[inline(never)]
pub(super) fn public_input_delta<H: Hints>(
    key: &PinnedKey,
    public_inputs: &[Word; PUBLIC_INPUTS],
    challenges: &Challenges,
    hints: &mut H,
) -> Result<Fr29, Refusal> {
    let mut canonical = true;
    let inputs = public_inputs.each_ref().map(|word| Fr29::parse(word, &mut canonical));
    check(canonical, Refusal::NotCanonical)?;
    let row = key.public_inputs_row;
    let numerator = side(&inputs, challenges, SEPARATOR + row, 1);
    let denominator = side(&inputs, challenges, -(row + 1), -1);
    hints.checked_quotient(&numerator, &denominator)
}

/// `prod_j (gamma + beta (first + step j) + x_j) / R^13`.
///
/// The eight last factors are an arithmetic progression `c, c + s, .., c + 7 s`: the pairs from the ends inwards have the
/// products `y, y + 6 s^2, y + 10 s^2, y + 12 s^2`, with `y = c (c + 7 s)`.
#[inline(never)]
fn side(inputs: &[Fr29; PUBLIC_INPUTS], challenges: &Challenges, first: i64, step: i64) -> Fr29 {
    let beta = &challenges.beta;
    let factor = |j: usize| position(challenges, first + step * j as i64, &inputs[j]);
    let mut product = factor(0);
    for j in 1..PUBLIC_INPUTS {
        product = product.times(&factor(j));
    }
    let last = PAIRING_POINT_LIMBS as i64 - 1;
    let start = first + step * PUBLIC_INPUTS as i64;
    let (low, high) =
        (position(challenges, start, &Fr29::ZERO), position(challenges, start + step * last, &Fr29::ZERO));
    let (pair, square) = (low.times(&high), beta.element().squared());
    product = product.times(&pair);
    for j in 1..PAIRING_POINT_LIMBS as i64 / 2 {
        product = product.times(&Fr29::combination([1, j * (last - j)], [&pair, &square]));
    }
    product
}

/// `gamma + beta * place + x`, in plain form: carried, as it is below `2^157` but for `x`.
#[inline(never)]
fn position(challenges: &Challenges, place: i64, x: &Fr29) -> Fr29 {
    let short = |short: &Short, i: usize| if i < 5 { short.0[i] } else { 0 };
    Fr29(carry(|i| {
        short(&challenges.beta, i).wrapping_mul(place).wrapping_add(short(&challenges.gamma, i)).wrapping_add(x.0[i])
    }))
}

#[cfg(all(test, feature = "host"))]
mod tests {
    use super::*;
    use crate::limbs::constants::ORDER_WORDS;
    use crate::pinned::{HINTS, OWNERSHIP, hints::Supplied};

    #[test]
    fn an_input_at_or_above_the_order_is_refused_whatever_the_challenges_are() {
        let challenges = Challenges::all(Short([3, 0, 0, 0, 0]));
        let order = core::array::from_fn(|i| ORDER_WORDS[3 - i].to_be());
        let words = [[0; 4]; HINTS];
        let refusal = |inputs| public_input_delta(&OWNERSHIP, &inputs, &challenges, &mut Supplied::new(&words)).err();
        assert_eq!(refusal([[0; 4]; PUBLIC_INPUTS]), Some(Refusal::Hint));
        for index in 0..PUBLIC_INPUTS {
            let mut inputs = [[0; 4]; PUBLIC_INPUTS];
            inputs[index] = order;
            assert_eq!(refusal(inputs), Some(Refusal::NotCanonical), "input {index}");
        }
    }
}
