//! Subrelations 0 to 2: the copy constraints, as a grand product `z` over the rows.

use super::Parameters;
use crate::backend::Scalar;
use crate::entity::{Entity, Evaluations};

/// * 0: `(z + L_first) prod_j (w_j + beta id_j + gamma) - (z' + L_last delta) prod_j (w_j + beta s_j + gamma)`
/// * 1: `L_last z'`
/// * 2: `L_first z`
pub(super) fn values<F: Scalar>(e: &Evaluations<F>, p: &Parameters<F>) -> [F; 3] {
    let product = |positions: [Entity; 4]| {
        let factors = e.wires().into_iter().zip(positions).map(|(wire, at)| wire + p.beta * e.at(at) + p.gamma);
        factors.fold(F::ONE, |product, factor| product * factor)
    };
    let identity = product([Entity::Id1, Entity::Id2, Entity::Id3, Entity::Id4]);
    let permuted = product([Entity::S1, Entity::S2, Entity::S3, Entity::S4]);
    let (z, z_shift) = (e.at(Entity::GrandProduct), e.at(Entity::GrandProductShift));
    let (first, last) = (e.at(Entity::LagrangeFirst), e.at(Entity::LagrangeLast));
    let step = (z + first) * identity - (z_shift + last * p.public_input_delta) * permuted;
    [step, last * z_shift, first * z]
}
