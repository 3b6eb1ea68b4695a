//! The opening on the curve: one sum of 44 multiples, one pairing check. See [`crate::opening`].

use super::challenges::Challenges;
use super::folds::Scalars;
use super::key::ZERO;
use super::machine::PointWords;
use super::{LOG_N, Machine, PinnedKey, Proof, Refusal, check, section};
use crate::entity::PRECOMPUTED;
use crate::layout::Section;
use crate::limbs::Word;

/// The group's generator, (1, 2).
const GENERATOR: PointWords = [0, 0, 0, 1u64.to_be(), 0, 0, 0, 2u64.to_be()];

/// The modulus `q` of the base field, the most significant word first.
const FIELD_ORDER: [u64; 4] = [0x30644e72e131a029, 0xb85045b68181585d, 0x97816a916871ca8d, 0x3c208c16d87cfd47];

/// The second group's generator, `x_1, x_0, y_1, y_0` of `x = x_0 + x_1 i` (EIP-197).
const G2_GENERATOR: [u64; 16] = big_endian([
    0x198e9393920d483a,
    0x7260bfb731fb5d25,
    0xf1aa493335a9e712,
    0x97e485b7aef312c2,
    0x1800deef121f1e76,
    0x426a00665e5c4479,
    0x674322d4f75edadd,
    0x46debd5cd992f6ed,
    0x090689d0585ff075,
    0xec9e99ad690c3395,
    0xbc4b313370b38ef3,
    0x55acdadcd122975b,
    0x12c85ea5db8c6deb,
    0x4aab71808dcb408f,
    0xe3d1e7690c43d37b,
    0x4ce6cc0166fa7daa,
]);

/// `tau` times the generator, of the Aztec Ignition ceremony.
const G2_TAU: [u64; 16] = big_endian([
    0x260e01b251f6f1c7,
    0xe7ff4e580791dee8,
    0xea51d87a358e038b,
    0x4efe30fac09383c1,
    0x0118c4d5b837bcc2,
    0xbc89b5b398b5974e,
    0x9f5944073b32078b,
    0x7e231fec938883b0,
    0x04fc6369f7110fe3,
    0xd25156c1bb9a7285,
    0x9cf2a04641f99ba4,
    0xee413c80da6a5fe4,
    0x22febda3c0c0632a,
    0x56475b4214e5615e,
    0x11e6dd3f96e6cea2,
    0x854a87d4dacc5e55,
]);

const fn big_endian<const N: usize>(mut words: [u64; N]) -> [u64; N] {
    let mut i = 0;
    while i < N {
        words[i] = words[i].to_be();
        i += 1;
    }
    words
}

/// A running sum in the places that the machine reads and writes. What is not a point is remembered.
struct Sum {
    /// The sum, then the point that is added.
    addition: [u64; 16],
    /// The point that is multiplied, then its scalar.
    multiplication: [u64; 12],
    held: bool,
}

impl Sum {
    /// Starts with a point, to be multiplied.
    #[inline(always)]
    fn of(point: &PointWords) -> Self {
        let mut sum = Self { addition: [0; 16], multiplication: [0; 12], held: true };
        copy(&mut sum.multiplication[..8], point);
        sum
    }

    /// One step of Horner's rule: `self * scalar + point`.
    #[inline(never)]
    fn step<M: Machine>(&mut self, scalar: &Word, point: &PointWords) {
        copy(&mut self.multiplication[8..], scalar);
        let Some(product) = self.addition.first_chunk_mut() else { return };
        self.held &= M::multiply(&self.multiplication, product);
        copy(&mut self.addition[8..], point);
        let Some(sum) = self.multiplication.first_chunk_mut() else { return };
        self.held &= M::add(&self.addition, sum);
    }

    /// Adds `scalar * point` to the sum in the first half of `addition`.
    #[inline(never)]
    fn add<M: Machine>(&mut self, scalar: &Word, point: &PointWords) {
        copy(&mut self.multiplication[..8], point);
        copy(&mut self.multiplication[8..], scalar);
        let Some(product) = self.addition.last_chunk_mut() else { return };
        self.held &= M::multiply(&self.multiplication, product);
        let operands = self.addition;
        let Some(sum) = self.addition.first_chunk_mut() else { return };
        self.held &= M::add(&operands, sum);
    }
}

#[inline(always)]
fn copy(to: &mut [u64], from: &[u64]) {
    to.copy_from_slice(from);
}

/// The point at `index` of a section of points.
#[inline(always)]
fn point(proof: &Proof, at: Section, index: usize) -> &PointWords {
    match section(proof, at).as_flattened().as_chunks().0.get(index) {
        Some(point) => point,
        None => unreachable!("a section of points"),
    }
}

/// Checks `e(P0, G2) = e(W, tau G2)`.
#[inline(never)]
pub(super) fn check_opening<M: Machine>(
    key: &PinnedKey,
    proof: &Proof,
    challenges: &Challenges,
    scalars: &Scalars,
) -> Result<(), Refusal> {
    check(coordinates_are_canonical(proof), Refusal::Point)?;
    let mut shifted = batched_shifted::<M>(proof, challenges);
    let mut sum = batched::<M>(key, proof, challenges, &scalars.rho);
    // The batched commitments by their scalar, and Shplonk's quotient.
    sum.step::<M>(&scalars.unshifted, point(proof, Section::ShplonkQuotient, 0));
    let total = sum.multiplication;
    copy(&mut sum.addition[..8], &total[..8]);
    if let Some(point) = shifted.multiplication.first_chunk_mut() {
        sum.add::<M>(&scalars.shifted, point);
    }
    for (index, scalar) in scalars.folds.iter().enumerate() {
        sum.add::<M>(scalar, point(proof, Section::FoldCommitments, index));
    }
    sum.add::<M>(&scalars.libra[0], point(proof, Section::LibraConcatenation, 0));
    sum.add::<M>(&scalars.libra[1], point(proof, Section::LibraGrandSum, 0));
    sum.add::<M>(&scalars.libra[2], point(proof, Section::LibraQuotient, 0));
    sum.add::<M>(&scalars.constant, &GENERATOR);
    let witness = point(proof, Section::KzgWitness, 0);
    sum.add::<M>(&challenges.shplonk_z_word, witness);
    check(sum.held && shifted.held, Refusal::Point)?;

    let mut input = [0; 48];
    copy(&mut input[..8], &sum.addition[..8]);
    copy(&mut input[8..24], &G2_GENERATOR);
    copy(&mut input[24..32], &negated(witness));
    copy(&mut input[32..], &G2_TAU);
    check(M::pairing_check(&input), Refusal::Opening)
}

/// First word and number of words of each section of points. A table, because offsets computed at run time cost more than
/// the comparisons.
const POINTS: [(usize, usize); 13] = {
    let (mut points, mut count, mut i) = ([(0, 0); 13], 0, 0);
    while i < Section::ALL.len() {
        let section = Section::ALL[i];
        if section.holds_points() {
            points[count] = (section.first_word(LOG_N), section.words(LOG_N));
            count += 1;
        }
        i += 1;
    }
    assert!(count == points.len());
    points
};

/// Whether every coordinate is below `q`. Solana's system calls do not ask: they take bit 254 of `y` for a mark of the
/// identity, and bit 255 for a sign.
#[inline(never)]
fn coordinates_are_canonical(proof: &Proof) -> bool {
    POINTS.iter().all(|(first, words)| {
        proof[*first..first + words].iter().all(|word| {
            // The most significant word decides but for one value in 2^61.
            let high = u64::from_be(word[0]);
            high < FIELD_ORDER[0] || (high == FIELD_ORDER[0] && word.map(u64::from_be)[1..] < FIELD_ORDER[1..])
        })
    })
}

/// `sum_k rho^k C_k` without the five that are opened shifted, by Horner's rule on the curve. The sum is left where it is
/// multiplied.
#[inline(never)]
fn batched<M: Machine>(key: &PinnedKey, proof: &Proof, challenges: &Challenges, rho: &[Word; 2]) -> Sum {
    let mut sum = Sum::of(point(proof, Section::LookupTags, 0));
    sum.step::<M>(&challenges.rho_word, point(proof, Section::LookupCounts, 0));
    sum.step::<M>(&challenges.rho_word, point(proof, Section::LookupInverses, 0));
    // The place of the lookup inverses; then come the five, which are left out.
    let mut last = PRECOMPUTED + 6;
    let mask = point(proof, Section::GeminiMask, 0);
    for place in (0..=PRECOMPUTED).rev().filter(|place| !ZERO.holds(*place)) {
        let power = match last - place {
            1 => &challenges.rho_word,
            5 => &rho[0],
            6 => &rho[1],
            _ => unreachable!("runs of four and five zeros, and the five"),
        };
        sum.step::<M>(power, if place == 0 { mask } else { &key.commitments[place - 1] });
        last = place;
    }
    sum
}

/// `sum_j rho^j W_j` over the five commitments that are opened shifted, too.
#[inline(never)]
fn batched_shifted<M: Machine>(proof: &Proof, challenges: &Challenges) -> Sum {
    let mut sum = Sum::of(point(proof, Section::GrandProduct, 0));
    sum.step::<M>(&challenges.rho_word, point(proof, Section::FourthWire, 0));
    for wire in (0..3).rev() {
        sum.step::<M>(&challenges.rho_word, point(proof, Section::Wires, wire));
    }
    sum
}

/// `(x, q - y)`. No point of the group but the identity has `y = 0`; its negative is itself.
fn negated(point: &PointWords) -> PointWords {
    let mut negated = *point;
    if negated.iter().any(|word| *word != 0) {
        let mut borrow = false;
        for i in (0..4).rev() {
            let (word, under) = FIELD_ORDER[i].borrowing_sub(u64::from_be(point[4 + i]), borrow);
            negated[4 + i] = word.to_be();
            borrow = under;
        }
    }
    negated
}
