//! The public inputs, and what they contribute to the permutation argument.

use crate::backend::{SCALAR_BYTES, Scalar};
use crate::error::VerifyError;
use crate::layout::{PAIRING_POINT_LIMBS, Section};
use crate::pairing_points;
use crate::proof::Proof;
use crate::vk::MAX_PUBLIC_INPUTS;
use crate::word;

/// The public inputs of `main`, then the pairing points' limbs.
pub(crate) struct PublicInputs<F> {
    values: [F; MAX_PUBLIC_INPUTS + PAIRING_POINT_LIMBS],
    count: usize,
}

/// Positions of public inputs in the permutation start here, above every row.
const PUBLIC_POSITION: u128 = 1 << 28;

impl<F: Scalar> PublicInputs<F> {
    /// Parses `count` inputs, 32 big-endian bytes each, and the limbs of the proof.
    pub(crate) fn parse(bytes: &[u8], count: usize, proof: &Proof<'_>) -> Result<Self, VerifyError> {
        let expected = SCALAR_BYTES * count;
        if bytes.len() != expected {
            return Err(VerifyError::PublicInputsLength { actual: bytes.len(), expected });
        }
        let mut values = [F::ZERO; MAX_PUBLIC_INPUTS + PAIRING_POINT_LIMBS];
        for (index, value) in values[..count].iter_mut().enumerate() {
            *value = F::from_be_bytes(word::at(bytes, index)).ok_or(VerifyError::PublicInputNotCanonical { index })?;
        }
        let limbs = proof.section(Section::PairingPoints);
        for (index, value) in values[count..][..PAIRING_POINT_LIMBS].iter_mut().enumerate() {
            let limb = word::at(limbs, index);
            pairing_points::check_limb(limb, index)?;
            *value = F::from_be_bytes(limb).ok_or(VerifyError::PairingPointLimb { index })?;
        }
        Ok(Self { values, count: count + PAIRING_POINT_LIMBS })
    }

    /// Numerator and denominator of the delta: the products over the inputs `x_j` of
    /// `gamma + beta (2^28 + offset + j) + x_j` and of `gamma - beta (offset + 1 + j) + x_j`.
    pub(crate) fn delta(&self, beta: F, gamma: F, offset: usize) -> (F, F) {
        let offset = F::from_u128(offset as u128);
        let mut above = gamma + beta * (F::from_u128(PUBLIC_POSITION) + offset);
        let mut below = gamma - beta * (offset + F::ONE);
        let (mut numerator, mut denominator) = (F::ONE, F::ONE);
        for value in &self.values[..self.count] {
            numerator *= above + *value;
            denominator *= below + *value;
            above += beta;
            below -= beta;
        }
        (numerator, denominator)
    }
}

#[cfg(all(test, feature = "host"))]
mod tests {
    use ark_bn254::Fr;

    use super::*;
    use crate::layout::proof_bytes;

    const LOG_N: usize = 12;

    #[test]
    fn the_limbs_of_pairing_points_count_like_inputs() {
        let mut bytes = std::vec![0; proof_bytes(LOG_N)];
        let limbs = Section::PairingPoints.range(LOG_N).start;
        for index in 0..PAIRING_POINT_LIMBS {
            bytes[limbs + SCALAR_BYTES * index + 31] = index as u8 + 3;
        }
        let proof = Proof::new(&bytes, LOG_N).unwrap();
        let inputs = PublicInputs::<Fr>::parse(&[[0; 31], [2; 31]].as_flattened()[30..], 1, &proof).unwrap();
        assert_eq!(inputs.count, 1 + PAIRING_POINT_LIMBS);
        let first = Fr::from_be_bytes(&core::array::from_fn(|index| if index == 0 { 0 } else { 2 })).unwrap();
        let rest = (0..PAIRING_POINT_LIMBS as u64).map(|index| Fr::from(index + 3));
        assert!(inputs.values.into_iter().take(inputs.count).eq(core::iter::once(first).chain(rest)));

        // By hand: beta = 10, gamma = 7, the first row 5.
        let (numerator, denominator) = inputs.delta(Fr::from(10u64), Fr::from(7u64), 5);
        let (mut above, mut below) = (Fr::ONE, Fr::ONE);
        for (index, value) in inputs.values[..inputs.count].iter().enumerate() {
            let index = index as u64;
            above *= Fr::from(7 + 10 * ((1 << 28) + 5 + index)) + value;
            below *= Fr::from(7u64) - Fr::from(10 * (6 + index)) + value;
        }
        assert_eq!((numerator, denominator), (above, below));
    }
}
