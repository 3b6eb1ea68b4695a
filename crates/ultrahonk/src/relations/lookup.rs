//! Subrelations 3 to 5: lookups by logarithmic derivatives, with inverses `I`, read counts and read tags.

use super::Parameters;
use crate::backend::Scalar;
use crate::entity::{Entity, Evaluations};

/// With the table's term `t = t_1 + gamma + beta t_2 + beta^2 t_3 + beta^3 t_4` and the looked-up term
/// `l = w_l + gamma + q_r w_l' + beta (w_r + q_m w_r') + beta^2 (w_o + q_c w_o') + beta^3 q_o`:
///
/// * 3: `l t I - (tag + q_lookup - tag q_lookup)`: the inverses are right wherever a row reads or is read
/// * 4: `q_lookup I t - count I l`: sums to 0 over the rows (so the row separator does not apply)
/// * 5: `tag^2 - tag`
///
/// Not switched by `q_lookup`: counts, tags and inverses carry masks, so these are evaluated under every key.
pub(super) fn values<F: Scalar>(e: &Evaluations<F>, p: &Parameters<F>) -> [F; 3] {
    let beta2 = p.beta.square();
    let beta3 = beta2 * p.beta;
    let combine =
        |columns: [F; 4]| columns[0] + p.gamma + p.beta * columns[1] + beta2 * columns[2] + beta3 * columns[3];
    let table = combine([Entity::T1, Entity::T2, Entity::T3, Entity::T4].map(|column| e.at(column)));
    let [w_l, w_r, w_o, _] = e.wires();
    let [w_l_shift, w_r_shift, w_o_shift, _] = e.wire_shifts();
    let read = combine([
        w_l + e.at(Entity::Qr) * w_l_shift,
        w_r + e.at(Entity::Qm) * w_r_shift,
        w_o + e.at(Entity::Qc) * w_o_shift,
        e.at(Entity::Qo),
    ]);
    let (inverse, count, tag) = (e.at(Entity::LookupInverses), e.at(Entity::LookupCounts), e.at(Entity::LookupTags));
    let selector = e.at(Entity::QLookup);
    let exists = tag + selector - tag * selector;
    [read * table * inverse - exists, inverse * (selector * table - count * read), tag.square() - tag]
}
