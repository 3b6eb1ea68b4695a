//! The opening: Gemini folds all claimed evaluations into univariate claims, Shplonk batches those, KZG proves them.

use crate::backend::{Backend, POINT_BYTES, Scalar};
use crate::denominators::Inverses;
use crate::entity::{Evaluations, FIRST_SHIFT, PRECOMPUTED, SHIFTABLE, ZeroSet};
use crate::error::VerifyError;
use crate::layout::Section;
use crate::proof::Proof;
use crate::transcript::Challenges;
use crate::vk::{MAX_LOG_N, VerificationKey};

/// Commitments with a claimed evaluation: the mask, the key's, and the 8 of the witness.
const COMMITTED: usize = FIRST_SHIFT;
/// Terms of the multi-scalar multiplication: those, the folds, three of Libra, the generator and the KZG witness.
const CAPACITY: usize = COMMITTED + (MAX_LOG_N - 1) + 3 + 2;

/// Where the witness commitments are, in the order of the claimed evaluations. It is not the order of the proof.
const WITNESS: [(Section, usize); COMMITTED - 1 - PRECOMPUTED] = [
    (Section::Wires, 0),
    (Section::Wires, 1),
    (Section::Wires, 2),
    (Section::FourthWire, 0),
    (Section::GrandProduct, 0),
    (Section::LookupInverses, 0),
    (Section::LookupCounts, 0),
    (Section::LookupTags, 0),
];

/// The sum of scalars times points that the opening claims to be `-z` times the KZG witness' share.
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

/// The two points of the pairing check: `P0` and `-W`.
///
/// `P0 = Q - U sum_k rho^k C_k - S sum_j rho^(37+j) W_j - sum_(i>=1) (P_i + Q_i) A_i - libra + constant G + z W`, with
/// `P_i = nu^(2i) / (z - r_i)`, `Q_i = nu^(2i+1) / (z + r_i)`, `U = P_0 + Q_0`, `S = (P_0 - Q_0) / r`.
pub(crate) fn pairing_inputs<B: Backend>(
    key: &VerificationKey<B>,
    proof: &Proof<'_>,
    evaluations: &Evaluations<B::Scalar>,
    libra_openings: &[B::Scalar; 4],
    challenges: &Challenges<B::Scalar>,
    inverses: &Inverses<B::Scalar>,
    zero: ZeroSet,
) -> Result<[B::Point; 2], VerifyError> {
    let log_n = key.log_n;
    let c = challenges;
    let squares = squares(c.gemini_r, log_n);
    let mut terms = Terms::<B> { points: [B::IDENTITY; CAPACITY], scalars: [B::Scalar::ZERO; CAPACITY], count: 0 };

    let first_positive = inverses.z_minus_square(0);
    let first_negative = c.shplonk_nu * inverses.z_plus_square(0);
    let unshifted = first_positive + first_negative;
    let shifted = inverses.r() * (first_positive - first_negative);

    // The committed polynomials, batched by powers of rho; the five shifted ones again with the next powers.
    let mut powers = [B::Scalar::ONE; crate::layout::EVALUATIONS];
    for k in 1..powers.len() {
        powers[k] = powers[k - 1] * c.rho;
    }
    for place in 0..COMMITTED {
        if zero.holds(place) {
            continue;
        }
        let point = match place {
            0 => proof.point::<B>(Section::GeminiMask, 0)?,
            1..=PRECOMPUTED => key.commitments[place - 1],
            _ => {
                let (section, index) = WITNESS[place - 1 - PRECOMPUTED];
                proof.point::<B>(section, index)?
            }
        };
        let mut scalar = unshifted * powers[place];
        if SHIFTABLE.contains(&place) {
            scalar += shifted * powers[FIRST_SHIFT + place - SHIFTABLE.start];
        }
        terms.push(-scalar, point);
    }
    let batched = evaluations.0.iter().zip(&powers);
    let batched = batched.fold(B::Scalar::ZERO, |sum, (evaluation, power)| sum + *evaluation * *power);

    // The folds, from the batched evaluation downwards: A_i(r_i) follows from A_(i+1)(r_(i+1)) and the claimed A_i(-r_i).
    let mut positive_evaluations = [B::Scalar::ZERO; MAX_LOG_N];
    let mut negative_evaluations = [B::Scalar::ZERO; MAX_LOG_N];
    let mut next = batched;
    for i in (0..log_n).rev() {
        let (square, u) = (squares[i], c.rounds[i]);
        let negative: B::Scalar = proof.scalar(Section::FoldEvaluations, i)?;
        let doubled = square * next + square * next;
        next = (doubled - negative * (square * (B::Scalar::ONE - u) - u)) * inverses.fold(i);
        (positive_evaluations[i], negative_evaluations[i]) = (next, negative);
    }
    let mut nu_power = B::Scalar::ONE;
    let mut constant = B::Scalar::ZERO;
    for i in 0..log_n {
        let positive = nu_power * inverses.z_minus_square(i);
        let negative = nu_power * c.shplonk_nu * inverses.z_plus_square(i);
        constant += positive * positive_evaluations[i] + negative * negative_evaluations[i];
        if i > 0 {
            terms.push(-(positive + negative), proof.point::<B>(Section::FoldCommitments, i - 1)?);
        }
        nu_power *= c.shplonk_nu.square();
    }

    // Libra: the concatenation at r, the grand sum at g r, at r and (with the value 0) at 1, the quotient at r.
    let at_r = inverses.z_minus_square(0);
    let denominators = [at_r, inverses.z_minus_g_r(), at_r, inverses.z_minus_one(), at_r];
    let weights = denominators.map(|inverse| {
        let weight = nu_power * inverse;
        nu_power *= c.shplonk_nu;
        weight
    });
    let [concatenation, grand_sum_next, grand_sum, quotient] = *libra_openings;
    constant +=
        weights[0] * concatenation + weights[1] * grand_sum_next + weights[2] * grand_sum + weights[4] * quotient;
    terms.push(-weights[0], proof.point::<B>(Section::LibraConcatenation, 0)?);
    terms.push(-(weights[1] + weights[2] + weights[3]), proof.point::<B>(Section::LibraGrandSum, 0)?);
    terms.push(-weights[4], proof.point::<B>(Section::LibraQuotient, 0)?);

    let witness = proof.point::<B>(Section::KzgWitness, 0)?;
    terms.push(constant, B::GENERATOR);
    terms.push(c.shplonk_z, witness);
    let sum = B::msm(&terms.points[..terms.count], &terms.scalars[..terms.count]);
    let quotient = proof.point::<B>(Section::ShplonkQuotient, 0)?;
    Ok([B::add(&quotient, &sum), B::neg(&witness)])
}

/// Folds pairing points that the circuit put out (by verifying other proofs) into those of this proof:
/// `s P0 + P0'` and `s P1 + P1'` with `s` the hash of all four, so that one pairing check covers both.
pub(crate) fn aggregate<B: Backend>(
    own: [B::Point; 2],
    carried: &[[u8; POINT_BYTES]; 2],
) -> Result<[B::Point; 2], VerifyError> {
    let own_bytes = own.each_ref().map(B::point_to_bytes);
    let hash = B::keccak256(&[carried.as_flattened(), own_bytes.as_flattened()]);
    let separator = crate::constants::element::<B::Scalar>(&crate::word::reduce(hash));
    let mut result = own;
    for (index, (point, bytes)) in result.iter_mut().zip(carried).enumerate() {
        let carried = B::point_from_bytes(bytes).map_err(|_| VerifyError::PairingPoint { index })?;
        if carried == B::IDENTITY {
            return Err(VerifyError::PairingPoint { index });
        }
        *point = B::add(&B::mul(point, &separator), &carried);
    }
    Ok(result)
}
