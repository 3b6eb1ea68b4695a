//! The pruned relations against all of them.

use ark_bn254::Fr;
use proptest::prelude::*;

use super::*;
use crate::layout::{EVALUATIONS, Section};
use crate::limbs::residue::{montgomery, residue, word};
use crate::pinned::key::ZERO;
use crate::pinned::{LOG_N, PROOF_WORDS};
use crate::relations::Parameters;

fn short(value: u128) -> (Short, Fr) {
    let value = value & ((1 << 127) - 1);
    (Short::of_low_bits(value as u64, (value >> 64) as u64), Fr::from(value))
}

proptest! {
    /// On any values, not only those of proofs, the pruned relations are all the relations.
    #[test]
    fn the_relations_left_out_are_zero(
        seeds in proptest::collection::vec(any::<[u128; 2]>(), EVALUATIONS + 2),
        challenges in proptest::array::uniform3(any::<u128>()),
    ) {
        let r = montgomery();
        let value = |i: usize| Fr::from(seeds[i][0]) * Fr::from(seeds[i][1]);
        let mut proof = [[0; 4]; PROOF_WORDS];
        let first = Section::Evaluations.first_word(LOG_N);
        let mut claimed = [Fr::from(0u64); EVALUATIONS];
        for place in (0..EVALUATIONS).filter(|place| !ZERO.holds(*place)) {
            claimed[place] = value(place);
            proof[first + place] = word(claimed[place]);
        }
        let mut evaluations = Evaluations::ZERO;
        let (mut canonical, mut zero) = (true, true);
        evaluations.read(&proof, &mut canonical, &mut zero);
        prop_assert!(canonical && zero);

        let [(beta, beta_value), (gamma, gamma_value), (alpha, alpha_value)] = challenges.map(short);
        let (delta, rows) = (value(EVALUATIONS), value(EVALUATIONS + 1));
        let form = |value: Fr| Fr29::parse(&word(value * r), &mut true);
        let drawn = Challenges { beta, gamma, alpha, ..Challenges::all(beta) };
        let ours = evaluate(&evaluations, &drawn, &form(delta), &form(rows));

        let parameters = Parameters {
            eta: Fr::from(7u64),
            beta: beta_value,
            gamma: gamma_value,
            alpha: alpha_value,
            public_input_delta: delta,
            row_separator: rows,
        };
        let all = crate::relations::evaluate(&crate::entity::Evaluations(claimed), &parameters);
        prop_assert_eq!(residue(&ours.0) * r, all);
    }
}
