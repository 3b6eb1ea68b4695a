//! Subrelations 12 and 13: addition and doubling on the embedded curve Grumpkin, `y^2 = x^3 - 17`.

use crate::backend::Scalar;
use crate::entity::{Entity, Evaluations};

/// Without the factor `q_elliptic`: the x and the y of `(x_3, y_3)`. `q_m` selects doubling of `(x_1, y_1)` over its
/// addition to `(x_2, +-y_2)`, `q_l` is the sign.
///
/// * addition: `(x_3 + x_2 + x_1)(x_2 - x_1)^2 - y_2^2 - y_1^2 + 2 q_l y_1 y_2`,
///   `(y_1 + y_3)(x_2 - x_1) + (x_3 - x_1)(q_l y_2 - y_1)`
/// * doubling, with `x_1^3 = y_1^2 + 17`: `4 y_1^2 (x_3 + 2 x_1) - 9 x_1 (y_1^2 + 17)`,
///   `3 x_1^2 (x_1 - x_3) - 2 y_1 (y_1 + y_3)`
pub(super) fn values<F: Scalar>(e: &Evaluations<F>) -> [F; 2] {
    let [_, x_1, y_1, _] = e.wires();
    let [x_2, x_3, y_3, y_2] = e.wire_shifts();
    let (sign, doubling) = (e.at(Entity::Ql), e.at(Entity::Qm));
    let addition = F::ONE - doubling;

    let y_1_squared = y_1.square();
    let x_difference = x_2 - x_1;
    let cross = y_1 * y_2 * sign;
    let x_added = (x_3 + x_2 + x_1) * x_difference.square() - y_2.square() - y_1_squared + cross + cross;
    let y_added = (y_1 + y_3) * x_difference + (x_3 - x_1) * (y_2 * sign - y_1);

    let x_1_cubed = y_1_squared + F::from_i64(17);
    let x_doubled = (x_3 + x_1 + x_1) * y_1_squared * F::from_i64(4) - x_1_cubed * x_1 * F::from_i64(9);
    let y_doubled = F::from_i64(3) * x_1.square() * (x_1 - x_3) - (y_1 + y_1) * (y_1 + y_3);
    [x_added * addition + x_doubled * doubling, y_added * addition + y_doubled * doubling]
}
