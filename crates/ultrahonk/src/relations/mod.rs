//! The 29 subrelations of the arithmetisation, evaluated at the claimed evaluations.
//!
//! Each module gives the values of its subrelations before the row separator is applied. In the formulas `w_l .. w_4` are
//! the wires at this row, a prime marks the next row, `q_*` are the selectors.

mod arithmetic;
mod elliptic;
mod lookup;
mod memory;
mod non_native;
mod permutation;
pub(crate) mod poseidon2;
mod range;

use crate::backend::Scalar;
use crate::entity::{Entity, Evaluations};

/// Number of subrelations.
const SUBRELATIONS: usize = 29;
/// The subrelation that sums to zero over all rows instead of vanishing on each: no row separator.
const LOOKUP_SUM: usize = 4;

/// What the relations depend on besides the evaluations.
pub(crate) struct Parameters<F> {
    pub(crate) eta: F,
    pub(crate) beta: F,
    pub(crate) gamma: F,
    /// Separates the subrelations: subrelation `k` is multiplied by `alpha^k`.
    pub(crate) alpha: F,
    /// The public inputs' share of the permutation's grand product.
    pub(crate) public_input_delta: F,
    /// The row separator at the sumcheck point.
    pub(crate) row_separator: F,
}

/// The sum of all subrelations, separated.
pub(crate) fn evaluate<F: Scalar>(e: &Evaluations<F>, p: &Parameters<F>) -> F {
    let mut values = [F::ZERO; SUBRELATIONS];
    values[0..3].copy_from_slice(&permutation::values(e, p));
    values[3..6].copy_from_slice(&lookup::values(e, p));
    let mut gate = |first: usize, selector: Entity, relation: &[F]| {
        for (value, relation) in values[first..].iter_mut().zip(relation) {
            *value = e.at(selector) * *relation;
        }
    };
    gate(6, Entity::QArithmetic, &arithmetic::values(e));
    gate(8, Entity::QRange, &range::values(e));
    gate(12, Entity::QElliptic, &elliptic::values(e));
    gate(14, Entity::QMemory, &memory::values(e, p.eta));
    gate(20, Entity::QNonNative, &[non_native::value(e)]);
    gate(21, Entity::QPoseidonExternal, &poseidon2::external(e));
    gate(25, Entity::QPoseidonInternal, &poseidon2::internal(e));

    let mut separator = F::ONE;
    let (mut per_row, mut summed) = (F::ZERO, F::ZERO);
    for (index, value) in values.into_iter().enumerate() {
        *(if index == LOOKUP_SUM { &mut summed } else { &mut per_row }) += separator * value;
        separator *= p.alpha;
    }
    per_row * p.row_separator + summed
}

#[cfg(all(test, feature = "host"))]
mod tests {
    use ark_bn254::Fr;

    use super::*;
    use crate::layout::EVALUATIONS;
    use crate::reference;

    /// Random values (all selectors on, so every subrelation enters with its own power of alpha), and edges.
    #[test]
    fn the_sum_of_the_subrelations_is_that_of_the_reference() {
        for vector in reference::vectors("relations") {
            let claimed = reference::scalars(&vector["evaluations"]);
            let mut evaluations = Evaluations([Fr::ZERO; EVALUATIONS]);
            evaluations.0[1..].copy_from_slice(&claimed);
            let [eta, beta, gamma, public_input_delta, alpha, row_separator] =
                reference::scalars(&vector["parameters"]).try_into().unwrap();
            let parameters = Parameters { eta, beta, gamma, alpha, public_input_delta, row_separator };
            let expected: Fr = Scalar::from_be_bytes(&reference::word(&vector["value"])).unwrap();
            assert_eq!(evaluate(&evaluations, &parameters), expected);
        }
    }
}
