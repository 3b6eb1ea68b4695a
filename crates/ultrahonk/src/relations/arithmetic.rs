//! Subrelations 6 and 7: the arithmetic gate, whose selector `q_arith` also has the modes 2 and 3.

use crate::backend::Scalar;
use crate::constants::{HALF, element};
use crate::entity::{Entity, Evaluations};

/// Without the common factor `q_arith`:
///
/// * 6: `-1/2 (q_arith - 3) q_m w_r w_l + q_l w_l + q_r w_r + q_o w_o + q_4 w_4 + q_c + (q_arith - 1) w_4'`
/// * 7: `(w_l + w_4 - w_l' + q_m) (q_arith - 2) (q_arith - 1)`
pub(super) fn values<F: Scalar>(e: &Evaluations<F>) -> [F; 2] {
    let [w_l, w_r, w_o, w_4] = e.wires();
    let [w_l_shift, _, _, w_4_shift] = e.wire_shifts();
    let q = e.at(Entity::QArithmetic);
    let (q_1, q_2, q_3) = (q - F::ONE, q - F::from_i64(2), q - F::from_i64(3));
    let q_m = e.at(Entity::Qm);
    let linear = e.at(Entity::Ql) * w_l + e.at(Entity::Qr) * w_r + e.at(Entity::Qo) * w_o + e.at(Entity::Q4) * w_4;
    let gate = linear + e.at(Entity::Qc) + q_1 * w_4_shift - element::<F>(&HALF) * q_3 * q_m * w_r * w_l;
    [gate, (w_l + w_4 - w_l_shift + q_m) * q_2 * q_1]
}
