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
fn carried(limbs: &[u8]) -> Option<[[u8; POINT_BYTES]; 2]> {
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

/// The points to check: this proof's own, and the carried ones with them if `limbs` is not the default.
pub(crate) fn combine<B: Backend>(own: [B::Point; 2], limbs: &[u8]) -> Result<[B::Point; 2], VerifyError> {
    match carried(limbs) {
        None => Ok(own),
        Some(carried) => aggregate::<B>(own, &carried),
    }
}

/// Folds the carried points into those of this proof: `s P0 + P0'` and `s P1 + P1'`, where `s` is the hash of
/// `P0', P1', P0, P1` modulo `r`, so that one pairing check covers both.
fn aggregate<B: Backend>(own: [B::Point; 2], carried: &[[u8; POINT_BYTES]; 2]) -> Result<[B::Point; 2], VerifyError> {
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

#[cfg(all(test, feature = "host"))]
mod tests {
    use std::vec::Vec;

    use ark_bn254::{Fr, G1Affine};

    use super::*;
    use crate::host::Arkworks;
    use crate::reference;

    /// Two points from four coordinates.
    fn points(coordinates: &[[u8; 32]]) -> [G1Affine; 2] {
        let (encoded, _) = coordinates.as_flattened().as_chunks::<POINT_BYTES>();
        [0, 1].map(|index| Arkworks::point_from_bytes(&encoded[index]).expect("a point"))
    }

    #[test]
    fn aggregation_is_that_of_the_reference() {
        for vector in reference::vectors("aggregations") {
            let limbs = reference::words(&vector["limbs"]);
            for (index, limb) in limbs.iter().enumerate() {
                check_limb(limb, index).unwrap();
            }
            let own = points(&reference::words(&vector["own"]));
            let expected = points(&reference::words(&vector["aggregated"]));
            assert_eq!(combine::<Arkworks>(own, limbs.as_flattened()), Ok(expected));
            assert_eq!(combine::<Arkworks>(own, &[0; 256]), Ok(own));
        }
    }

    #[test]
    fn no_pairing_points_are_eight_zeros() {
        assert_eq!(carried(&[0; 256]), None);
        assert!((0..256).all(|at| carried(&core::array::from_fn::<u8, 256, _>(|i| u8::from(i == at))).is_some()));
    }

    /// `[-k tau] G` and `[k] G`, which pair to 1. The second point of the ceremony's output is `[tau] G`.
    fn valid(k: u64) -> [G1Affine; 2] {
        let tau = "2d360628289ff943ff6bd1a87bbe4e62abe7fb61ba83effd266f22bdcf31e6f9\
                   26b92a79e563c3f48252cce7feeca2f0f8d33dcb4ef7b0643bf07bd405700aaa";
        let tau = hex::decode(tau).expect("hexadecimal digits").try_into().expect("64 bytes");
        let tau = Arkworks::point_from_bytes(&tau).expect("a point");
        let k = Fr::from(k);
        [Arkworks::neg(&Arkworks::mul(&tau, &k)), Arkworks::mul(&Arkworks::GENERATOR, &k)]
    }

    #[test]
    fn one_pairing_check_covers_both_pairs_of_points() {
        let check = |own: [G1Affine; 2], carried: [G1Affine; 2]| {
            let carried = carried.each_ref().map(Arkworks::point_to_bytes);
            let [left, right] = aggregate::<Arkworks>(own, &carried).unwrap();
            Arkworks::pairing_check(&left, &right)
        };
        let [left, right] = valid(7);
        assert!(Arkworks::pairing_check(&left, &right));
        assert!(!Arkworks::pairing_check(&right, &left));
        assert!(check(valid(7), valid(11)));
        // One of the two is wrong; both are wrong by opposite amounts, which a plain sum would accept.
        let shift = |[left, right]: [G1Affine; 2], by| [Arkworks::add(&left, &by), right];
        assert!(!check(shift(valid(7), Arkworks::GENERATOR), valid(11)));
        assert!(!check(valid(7), shift(valid(11), Arkworks::GENERATOR)));
        let minus = Arkworks::neg(&Arkworks::GENERATOR);
        assert!(!check(shift(valid(7), Arkworks::GENERATOR), shift(valid(11), minus)));
    }

    #[test]
    fn carried_points_are_finite_and_on_the_curve() {
        let encoded = valid(11).each_ref().map(Arkworks::point_to_bytes);
        for index in 0..2 {
            let mut others = Vec::new();
            let mut changed = encoded;
            changed[index] = [0; POINT_BYTES];
            others.push(changed);
            changed[index] = encoded[index];
            changed[index][63] ^= 1;
            others.push(changed);
            changed[index] = [0xff; POINT_BYTES];
            others.push(changed);
            for carried in others {
                assert_eq!(aggregate::<Arkworks>(valid(7), &carried), Err(VerifyError::PairingPoint { index }));
            }
        }
    }
}
