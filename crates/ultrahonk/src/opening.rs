//! The opening: Gemini folds all claimed evaluations into univariate claims, Shplonk batches those, KZG proves them.
//!
//! With `r_i = r^(2^i)`, `P_i = nu^(2i) / (z - r_i)` and `Q_i = nu^(2i+1) / (z + r_i)`, the claim is that
//!
//! `P0 = [Q] - U sum_k rho^k C_k - S sum_j rho^(37+j) W_j - sum_(i>=1) (P_i + Q_i) A_i - libra + constant G + z W`
//!
//! satisfies `e(P0, G2) = e(W, tau G2)`, where `U = P_0 + Q_0` and `S = (P_0 - Q_0) / r`, `C_k` are the commitments with a
//! claimed evaluation, `W_j` those that are also opened shifted, `A_i` the folds, `[Q]` the quotient and `W` the witness.

use crate::backend::{Backend, Scalar};
use crate::claims::{Claims, LibraOpenings};
use crate::commitments::Commitments;
use crate::denominators::Inverses;
use crate::entity::{FIRST_SHIFT, PRECOMPUTED, SHIFTABLE};
use crate::layout::EVALUATIONS;
use crate::transcript::Challenges;
use crate::vk::{Key, MAX_LOG_N};

/// Terms of the multi-scalar multiplication: the commitments with a claimed evaluation, the folds, three of Libra, the
/// generator and the KZG witness.
const CAPACITY: usize = FIRST_SHIFT + (MAX_LOG_N - 1) + 3 + 2;

/// What the opening reads.
pub(crate) struct Opening<'a, B: Backend> {
    pub(crate) key: &'a Key<B>,
    pub(crate) commitments: &'a Commitments<B>,
    pub(crate) claims: &'a Claims<B::Scalar>,
    pub(crate) challenges: &'a Challenges<B::Scalar>,
    pub(crate) inverses: &'a Inverses<B::Scalar>,
    /// `r^(2^i)` for `i` in `0..log_n`.
    pub(crate) squares: &'a [B::Scalar],
}

/// A sum of scalars times points.
struct Terms<B: Backend> {
    points: [B::Point; CAPACITY],
    scalars: [B::Scalar; CAPACITY],
    count: usize,
}

impl<B: Backend> Terms<B> {
    fn push(&mut self, scalar: B::Scalar, point: B::Point) {
        self.points[self.count] = point;
        self.scalars[self.count] = scalar;
        self.count += 1;
    }
}

impl<B: Backend> Opening<'_, B> {
    /// The two points of the pairing check: `P0` and `-W`.
    pub(crate) fn pairing_inputs(&self) -> [B::Point; 2] {
        let mut terms = Terms { points: [B::IDENTITY; CAPACITY], scalars: [B::Scalar::ZERO; CAPACITY], count: 0 };
        let batched_evaluation = self.batch_commitments(&mut terms);
        let (fold_constant, nu_power) = self.batch_folds(&mut terms, batched_evaluation);
        let libra_constant = self.batch_libra(&mut terms, nu_power);
        terms.push(fold_constant + libra_constant, B::GENERATOR);
        terms.push(self.challenges.shplonk_z, self.commitments.kzg_witness);

        let sum = B::msm(&terms.points[..terms.count], &terms.scalars[..terms.count]);
        [B::add(&self.commitments.shplonk_quotient, &sum), B::neg(&self.commitments.kzg_witness)]
    }

    /// Pushes the commitments with a claimed evaluation, batched by powers of rho; the five that are opened shifted get the
    /// next powers too, in the same term. Returns the evaluations batched alike: the claim about `A_0`.
    fn batch_commitments(&self, terms: &mut Terms<B>) -> B::Scalar {
        let mut powers = [B::Scalar::ONE; EVALUATIONS];
        for k in 1..EVALUATIONS {
            powers[k] = powers[k - 1] * self.challenges.rho;
        }
        let positive = self.inverses.z_minus_square(0);
        let negative = self.challenges.shplonk_nu * self.inverses.z_plus_square(0);
        let unshifted = positive + negative;
        let shifted = self.inverses.r() * (positive - negative);

        let mask = core::iter::once(&self.commitments.gemini_mask);
        let committed = mask.chain(&self.key.commitments).chain(&self.commitments.witness);
        for (place, point) in committed.enumerate() {
            let mut scalar = unshifted * powers[place];
            if SHIFTABLE.contains(&place) {
                scalar += shifted * powers[FIRST_SHIFT + place - SHIFTABLE.start];
            }
            terms.push(-scalar, *point);
        }
        let evaluations = self.claims.evaluations.0.iter().zip(&powers);
        evaluations.fold(B::Scalar::ZERO, |sum, (evaluation, power)| sum + *evaluation * *power)
    }

    /// Pushes the folds. Returns their share of the constant, and `nu^(2 log_n)`.
    ///
    /// `A_i(r_i)` follows from `A_(i+1)(r_(i+1))` and the claimed `A_i(-r_i)`:
    /// `[2 r_i A_(i+1)(r_(i+1)) - A_i(-r_i) (r_i (1 - u_i) - u_i)] / [r_i (1 - u_i) + u_i]`.
    fn batch_folds(&self, terms: &mut Terms<B>, batched_evaluation: B::Scalar) -> (B::Scalar, B::Scalar) {
        let log_n = self.key.log_n;
        let mut positive_values = [B::Scalar::ZERO; MAX_LOG_N];
        let mut value = batched_evaluation;
        for i in (0..log_n).rev() {
            let (square, u) = (self.squares[i], self.challenges.rounds[i]);
            let doubled = square * value + square * value;
            let negative_share = self.claims.folds[i] * (square * (B::Scalar::ONE - u) - u);
            value = (doubled - negative_share) * self.inverses.fold(i);
            positive_values[i] = value;
        }

        let nu = self.challenges.shplonk_nu;
        let (mut nu_power, mut constant) = (B::Scalar::ONE, B::Scalar::ZERO);
        for (i, positive_value) in positive_values[..log_n].iter().enumerate() {
            let positive = nu_power * self.inverses.z_minus_square(i);
            let negative = nu_power * nu * self.inverses.z_plus_square(i);
            constant += positive * *positive_value + negative * self.claims.folds[i];
            if i > 0 {
                terms.push(-(positive + negative), self.commitments.folds[i - 1]);
            }
            nu_power *= nu.square();
        }
        (constant, nu_power)
    }

    /// Pushes Libra's commitments, opened with the next powers of nu: the concatenation at `r`, the grand sum at `g r`, at
    /// `r` and at 1 (where its value is 0), the quotient at `r`. Returns their share of the constant.
    fn batch_libra(&self, terms: &mut Terms<B>, mut nu_power: B::Scalar) -> B::Scalar {
        let inverses = self.inverses;
        let at_r = inverses.z_minus_square(0);
        let denominators = [at_r, inverses.z_minus_g_r(), at_r, inverses.z_minus_one(), at_r];
        let [at_r, next_at_g_r, sum_at_r, sum_at_one, quotient_at_r] = denominators.map(|inverse| {
            let weight = nu_power * inverse;
            nu_power *= self.challenges.shplonk_nu;
            weight
        });
        terms.push(-at_r, self.commitments.libra_concatenation);
        terms.push(-(next_at_g_r + sum_at_r + sum_at_one), self.commitments.libra_grand_sum);
        terms.push(-quotient_at_r, self.commitments.libra_quotient);
        let LibraOpenings { concatenation, grand_sum_next, grand_sum, quotient } = self.claims.libra;
        at_r * concatenation + next_at_g_r * grand_sum_next + sum_at_r * grand_sum + quotient_at_r * quotient
    }
}

/// `r^(2^i)` for `i` in `0..log_n`; the rest of the array is 0.
pub(crate) fn squares<F: Scalar>(r: F, log_n: usize) -> [F; MAX_LOG_N] {
    let mut squares = [F::ZERO; MAX_LOG_N];
    let mut square = r;
    for slot in &mut squares[..log_n] {
        *slot = square;
        square = square.square();
    }
    squares
}

// The key's commitments lie between the mask and the witness.
const _: () = assert!(1 + PRECOMPUTED + crate::commitments::WITNESS == FIRST_SHIFT);

#[cfg(all(test, feature = "host"))]
mod tests {
    use ark_bn254::Fr;

    use super::*;
    use crate::entity::Evaluations;
    use crate::host::Arkworks;

    /// At every size that this key fits, the largest too (where the arrays are full), on points and values without meaning.
    #[test]
    fn every_size_has_room() {
        let mut vk = *include_bytes!("../tests/fixtures/ownership/vk");
        let challenges = Challenges::distinct();
        let point = |k: u64| Arkworks::mul(&Arkworks::GENERATOR, &Fr::from(k));
        let commitments = Commitments {
            gemini_mask: point(2),
            witness: core::array::from_fn(|i| point(3 + i as u64)),
            libra_concatenation: point(20),
            libra_grand_sum: point(21),
            libra_quotient: point(22),
            folds: core::array::from_fn(|i| point(30 + i as u64)),
            shplonk_quotient: point(50),
            kzg_witness: point(51),
        };
        let value = |i: usize| Fr::from(i as u64 + 5);
        let claims = Claims {
            evaluations: Evaluations(core::array::from_fn(value)),
            libra_sum: value(0),
            libra_evaluation: value(1),
            folds: core::array::from_fn(value),
            libra: LibraOpenings {
                concatenation: value(2),
                grand_sum_next: value(3),
                grand_sum: value(4),
                quotient: value(5),
            },
        };
        for log_n in 5..=MAX_LOG_N {
            vk[31] = log_n as u8;
            let key = Key::<Arkworks>::parse(&vk).unwrap();
            let squares = squares(challenges.gemini_r, log_n);
            let squares = &squares[..log_n];
            let inverses = Inverses::compute(&challenges, squares, Fr::ONE, log_n).unwrap();
            let (key, commitments, claims) = (&key, &commitments, &claims);
            let (challenges, inverses) = (&challenges, &inverses);
            let opening = Opening { key, commitments, claims, challenges, inverses, squares };
            assert_eq!(opening.pairing_inputs()[1], Arkworks::neg(&point(51)));
        }
    }
}
