//! Subrelations 8 to 11: consecutive values of a sorted list differ by 0, 1, 2 or 3.

use crate::backend::Scalar;
use crate::entity::Evaluations;

/// `d (d - 1) (d - 2) (d - 3)` for the differences `d` of `w_l, w_r, w_o, w_4, w_l'`, without the factor `q_range`.
pub(super) fn values<F: Scalar>(e: &Evaluations<F>) -> [F; 4] {
    let [w_l, w_r, w_o, w_4] = e.wires();
    let [w_l_shift, ..] = e.wire_shifts();
    let (two, three) = (F::from_i64(2), F::from_i64(3));
    [w_r - w_l, w_o - w_r, w_4 - w_o, w_l_shift - w_4].map(|d| d * (d - F::ONE) * (d - two) * (d - three))
}
