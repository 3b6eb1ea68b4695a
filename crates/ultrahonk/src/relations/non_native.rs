//! Subrelation 20: arithmetic in a foreign field, on limbs of 68 bits, and range limbs of 14 bits.

use crate::backend::Scalar;
use crate::entity::{Entity, Evaluations};

/// Without the factor `q_nnf`. Products of two-limb numbers are switched by `q_r` with `q_o`, `q_4` or `q_m`, accumulations
/// of five 14-bit limbs by `q_o` with `q_4` or `q_m`. With `s = w_l w_r' + w_l' w_r` and `t = 2^68 s + w_l' w_r'`:
///
/// * product 1: `q_r q_o (t - w_o - w_4)`
/// * product 2: `q_r q_4 (2^68 (w_l w_4 + w_r w_o - w_o') - w_4' + s)`
/// * product 3: `q_r q_m (t + w_4 - w_o' - w_4')`
/// * limbs 1: `q_o q_4 (2^56 w_r' + 2^42 w_l' + 2^28 w_o + 2^14 w_r + w_l - w_4)`
/// * limbs 2: `q_o q_m (2^56 w_o' + 2^42 w_r' + 2^28 w_l' + 2^14 w_4 + w_o - w_4')`
pub(super) fn value<F: Scalar>(e: &Evaluations<F>) -> F {
    let [w_l, w_r, w_o, w_4] = e.wires();
    let [w_l_shift, w_r_shift, w_o_shift, w_4_shift] = e.wire_shifts();
    let (q_r, q_o, q_4, q_m) = (e.at(Entity::Qr), e.at(Entity::Qo), e.at(Entity::Q4), e.at(Entity::Qm));
    let limb = F::from_u128(1 << 68);
    let sublimb = F::from_u128(1 << 14);

    let cross = w_l * w_r_shift + w_l_shift * w_r;
    let low = cross * limb + w_l_shift * w_r_shift;
    let product_1 = low - w_o - w_4;
    let product_2 = (w_l * w_4 + w_r * w_o - w_o_shift) * limb - w_4_shift + cross;
    let product_3 = low + w_4 - w_o_shift - w_4_shift;

    let accumulate = |limbs: [F; 5]| limbs.into_iter().fold(F::ZERO, |sum, next| sum * sublimb + next);
    let limbs_1 = accumulate([w_r_shift, w_l_shift, w_o, w_r, w_l]) - w_4;
    let limbs_2 = accumulate([w_o_shift, w_r_shift, w_l_shift, w_4, w_o]) - w_4_shift;
    q_r * (product_1 * q_o + product_2 * q_4 + product_3 * q_m) + q_o * (limbs_1 * q_4 + limbs_2 * q_m)
}
