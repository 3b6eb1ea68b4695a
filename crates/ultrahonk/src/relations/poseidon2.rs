//! Subrelations 21 to 28: one round of Poseidon2 on the four wires, state of width 4, S-box `x^5`.

use crate::backend::Scalar;
use crate::constants;
use crate::entity::{Entity, Evaluations};

/// The external matrix.
pub(crate) const EXTERNAL: [[i64; 4]; 4] = [[5, 7, 1, 3], [4, 6, 1, 1], [1, 3, 5, 7], [1, 1, 4, 6]];

fn fifth_power<F: Scalar>(x: F) -> F {
    x.square().square() * x
}

/// The four round constants of the row.
fn round_constants<F: Scalar>(e: &Evaluations<F>) -> [F; 4] {
    [Entity::Ql, Entity::Qr, Entity::Qo, Entity::Q4].map(|entity| e.at(entity))
}

/// Subrelations 21 to 24 without the factor `q_poseidon2_external`: `sum_j M_kj (w_j + c_j)^5 - w_k'`.
pub(super) fn external<F: Scalar>(e: &Evaluations<F>) -> [F; 4] {
    let (wires, shifts, added) = (e.wires(), e.wire_shifts(), round_constants(e));
    let state: [F; 4] = core::array::from_fn(|j| fifth_power(wires[j] + added[j]));
    core::array::from_fn(|k| F::small_combination(&EXTERNAL[k], &state) - shifts[k])
}

/// Subrelations 25 to 28 without the factor `q_poseidon2_internal`: with `u = ((w_l + c_1)^5, w_r, w_o, w_4)`,
/// `d_k u_k + sum_j u_j - w_k'`.
pub(super) fn internal<F: Scalar>(e: &Evaluations<F>) -> [F; 4] {
    let [w_l, w_r, w_o, w_4] = e.wires();
    let shifts = e.wire_shifts();
    let state = [fifth_power(w_l + e.at(Entity::Ql)), w_r, w_o, w_4];
    let sum = state.into_iter().fold(F::ZERO, |sum, next| sum + next);
    let diagonal = constants::POSEIDON2_INTERNAL_DIAGONAL.each_ref().map(constants::element::<F>);
    core::array::from_fn(|k| diagonal[k] * state[k] + sum - shifts[k])
}
