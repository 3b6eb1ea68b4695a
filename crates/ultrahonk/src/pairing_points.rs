//! Pairing points that a circuit puts out because it verified other proofs: their encoding, and how they are checked
//! together with the proof that carries them.

use crate::backend::{Backend, POINT_BYTES};
use crate::constants;
use crate::error::VerifyError;
use crate::layout::PAIRING_POINT_LIMBS;
use crate::word;

/// Refuses a limb at or above its bound: 2^136 for the lower half of a coordinate, 2^120 for the upper.
pub(crate) fn check_limb(limb: &[u8; 32], index: usize) -> Result<(), VerifyError> {
    let bytes = if index.is_multiple_of(2) { 17 } else { 15 };
    if limb[..32 - bytes].iter().all(|byte| *byte == 0) { Ok(()) } else { Err(VerifyError::PairingPointLimb { index }) }
}

/// The two points of a section of limbs that are in range, encoded as points: `None` for the default, eight zeros.
///
/// The limbs are `x_lo, x_hi, y_lo, y_hi` of each point; a coordinate is `x_lo + 2^136 x_hi`.
pub(crate) fn carried(limbs: &[u8]) -> Option<[[u8; POINT_BYTES]; 2]> {
    if limbs.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut points = [[0; POINT_BYTES]; 2];
    let coordinates = points.as_flattened_mut().chunks_exact_mut(32);
    for (coordinate, index) in coordinates.zip((0..PAIRING_POINT_LIMBS).step_by(2)) {
        coordinate[..15].copy_from_slice(&word::at(limbs, index + 1)[17..]);
        coordinate[15..].copy_from_slice(&word::at(limbs, index)[15..]);
    }
    Some(points)
}

/// Folds the carried points into those of this proof: `s P0 + P0'` and `s P1 + P1'`, where `s` is the hash of
/// `P0', P1', P0, P1` modulo `r`, so that one pairing check covers both.
pub(crate) fn aggregate<B: Backend>(
    own: [B::Point; 2],
    carried: &[[u8; POINT_BYTES]; 2],
) -> Result<[B::Point; 2], VerifyError> {
    let own_bytes = own.each_ref().map(B::point_to_bytes);
    let hash = B::keccak256(&[carried.as_flattened(), own_bytes.as_flattened()]);
    let separator = constants::element::<B::Scalar>(&word::reduce(hash));
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
