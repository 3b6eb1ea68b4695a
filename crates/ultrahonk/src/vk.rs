//! Verification keys.

use core::fmt;

use crate::backend::{Backend, POINT_BYTES};
use crate::entity::PRECOMPUTED;
use crate::error::VkError;
use crate::layout::{PAIRING_POINT_LIMBS, proof_bytes};
use crate::word;

/// Bytes of an encoded verification key: three words, then 28 points.
pub const VK_BYTES: usize = 3 * 32 + PRECOMPUTED * POINT_BYTES;
/// The largest `log_n` that is taken.
pub const MAX_LOG_N: usize = 20;
/// The largest number of public inputs that is taken, the pairing points not counted.
pub const MAX_PUBLIC_INPUTS: usize = 32;

/// Rows before the first public input: four that carry the witness' masks, where the relations are switched off, and one
/// of zeros. Inputs in those rows would be bound by nothing, so a key that says so is refused.
const ROWS_BEFORE_PUBLIC_INPUTS: usize = 5;
/// The least `log_n` with room for those rows, the pairing points and one public input.
const MIN_LOG_N: usize = 4;

/// A circuit's verification key, as `bb write_vk -t evm` writes it, parsed for one backend.
pub struct Key<B: Backend> {
    pub(crate) log_n: usize,
    /// Public inputs of `main`, the pairing points not counted.
    pub(crate) public_inputs: usize,
    /// The row of the first public input.
    pub(crate) public_input_offset: usize,
    /// The commitments, in the order of the entities from `S1`.
    pub(crate) commitments: [B::Point; PRECOMPUTED],
    /// Keccak-256 of the key's bytes, reduced modulo `r`, big-endian: the first word of the transcript.
    pub(crate) hash: [u8; 32],
}

impl<B: Backend> Key<B> {
    /// Parses the 1,888 bytes of a key: `log_n`, the number of public inputs with the 8 pairing-point limbs, the row of
    /// the first, one word each, then 28 points. Refuses any other length, numbers out of range and points off the curve.
    ///
    /// A key is trusted: it says which circuit is proved. Parsing makes sure that it is well-formed, not that it is the key
    /// of a circuit one means.
    pub fn parse(bytes: &[u8]) -> Result<Self, VkError> {
        if bytes.len() != VK_BYTES {
            return Err(VkError::Length { actual: bytes.len() });
        }
        let (header, points) = bytes.split_at(3 * 32);
        let number = |index| word::small_integer(word::at(header, index));
        let log_n = number(0).filter(|log_n| (MIN_LOG_N..=MAX_LOG_N).contains(log_n)).ok_or(VkError::LogN)?;
        let public_inputs = number(1)
            .and_then(|all| all.checked_sub(PAIRING_POINT_LIMBS))
            .filter(|count| (1..=MAX_PUBLIC_INPUTS).contains(count))
            .ok_or(VkError::PublicInputs)?;
        let public_input_offset = number(2)
            .filter(|offset| *offset >= ROWS_BEFORE_PUBLIC_INPUTS)
            .filter(|offset| offset.saturating_add(public_inputs + PAIRING_POINT_LIMBS) <= 1 << log_n)
            .ok_or(VkError::PublicInputs)?;

        let mut commitments = [B::IDENTITY; PRECOMPUTED];
        let (points, _) = points.as_chunks::<POINT_BYTES>();
        for (index, (commitment, point)) in commitments.iter_mut().zip(points).enumerate() {
            *commitment = B::point_from_bytes(point).map_err(|error| VkError::Commitment { index, error })?;
        }
        let hash = word::reduce(B::keccak256(&[bytes]));
        Ok(Self { log_n, public_inputs, public_input_offset, commitments, hash })
    }

    /// The circuit has `2^log_n` rows.
    pub fn log_n(&self) -> usize {
        self.log_n
    }

    /// Public inputs of `main`.
    pub fn public_inputs(&self) -> usize {
        self.public_inputs
    }

    /// Bytes of every proof under this key.
    pub fn proof_bytes(&self) -> usize {
        proof_bytes(self.log_n)
    }

    /// Keccak-256 of the key's bytes, reduced modulo `r`, big-endian: what `bb write_vk` writes as `vk_hash`.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }
}

impl<B: Backend> fmt::Debug for Key<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("log_n", &self.log_n)
            .field("public_inputs", &self.public_inputs)
            .finish_non_exhaustive()
    }
}
