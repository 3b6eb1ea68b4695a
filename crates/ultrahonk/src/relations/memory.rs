//! Subrelations 14 to 19: ROM and RAM. A record is a row; sorted copies of the records are checked for consistency.

use crate::backend::Scalar;
use crate::entity::{Entity, Evaluations};

/// Without the factor `q_memory`. The other selectors choose the kind of the row:
///
/// | rows | selector | checked |
/// |---|---|---|
/// | ROM or RAM record | `q_m q_l` | the record in `w_4` is `q_c + eta w_l + eta^2 w_r + eta^3 w_o` |
/// | sorted ROM | `q_l q_r` | the same, the index grows by 0 or 1, equal index means equal record |
/// | sorted RAM | `q_o` | access type is a bit, index grows by 0 or 1, a read returns the last value written |
/// | RAM timestamps | `q_4 q_l` | `w_o` is the difference of the timestamps where the index stays the same |
pub(super) fn values<F: Scalar>(e: &Evaluations<F>, eta: F) -> [F; 6] {
    let [w_l, w_r, w_o, w_4] = e.wires();
    let [w_l_shift, w_r_shift, w_o_shift, w_4_shift] = e.wire_shifts();
    let (q_l, q_o) = (e.at(Entity::Ql), e.at(Entity::Qo));
    let sorted_rom = q_l * e.at(Entity::Qr);
    let eta2 = eta.square();
    let eta3 = eta2 * eta;

    let partial_record = w_o * eta3 + w_r * eta2 + w_l * eta + e.at(Entity::Qc);
    let record = partial_record - w_4;
    let index_step = w_l_shift - w_l;
    let same_index = F::ONE - index_step;
    let index_is_monotonic = index_step * (index_step - F::ONE);
    let same_record = same_index * (w_4_shift - w_4);

    // In a sorted RAM row the access type (0 reads, 1 writes) is what the record has beyond its other columns.
    let access = w_4 - partial_record;
    let next_access = w_4_shift - (w_o_shift * eta3 + w_r_shift * eta2 + w_l_shift * eta);
    let same_value = same_index * (w_o_shift - w_o) * (F::ONE - next_access);
    let timestamp = same_index * (w_r_shift - w_r) - w_o;

    [
        record * sorted_rom
            + timestamp * (e.at(Entity::Q4) * q_l)
            + record * (e.at(Entity::Qm) * q_l)
            + access * (access - F::ONE) * q_o,
        same_record * sorted_rom,
        index_is_monotonic * sorted_rom,
        same_value * q_o,
        index_is_monotonic * q_o,
        next_access * (next_access - F::ONE) * q_o,
    ]
}
