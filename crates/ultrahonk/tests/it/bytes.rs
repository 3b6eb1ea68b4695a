//! No byte of a proof or of its public inputs is free.

use veilpass_ultrahonk::{Section, VerifyError, verify};

use crate::fixtures::{self, Fixture};

#[test]
fn every_byte_of_a_proof_matters() {
    for fixture in fixtures::all() {
        let key = fixture.key();
        let mut proof = fixture.proof.clone();
        for at in 0..proof.len() {
            let change = 1 << (at % 8);
            proof[at] ^= change;
            let result = verify(&key, &proof, &fixture.public_inputs);
            assert!(result.is_err(), "{}: byte {at} ^ {change}", fixture.name);
            proof[at] ^= change;
        }
        assert_eq!(verify(&key, &proof, &fixture.public_inputs), Ok(()));
    }
}

#[test]
fn every_byte_of_the_public_inputs_matters() {
    for fixture in fixtures::all() {
        let key = fixture.key();
        let mut public_inputs = fixture.public_inputs.clone();
        for at in 0..public_inputs.len() {
            for change in [1, 0x80] {
                public_inputs[at] ^= change;
                let result = verify(&key, &fixture.proof, &public_inputs);
                assert!(result.is_err(), "{}: byte {at} ^ {change}", fixture.name);
                public_inputs[at] ^= change;
            }
        }
    }
}

/// What refuses a scalar that is changed to another canonical one: the first check that is bound to its section.
#[test]
fn each_section_is_refused_by_the_check_that_binds_it() {
    let fixture = Fixture::load("gates");
    let key = fixture.key();
    let refusal = |section: Section, word: usize| {
        let mut proof = fixture.proof.clone();
        let range = section.range(key.log_n());
        proof[range.start + 32 * word + 31] ^= 1;
        verify(&key, &proof, &fixture.public_inputs).expect_err("a changed proof")
    };
    assert_eq!(refusal(Section::LibraSum, 0), VerifyError::SumcheckRound { round: 0 });
    for round in 0..key.log_n() {
        let first = refusal(Section::Univariates, 9 * round);
        assert_eq!(first, VerifyError::SumcheckRound { round });
        // The values from the third on only enter the next round's claim.
        let third = refusal(Section::Univariates, 9 * round + 2);
        let next = VerifyError::SumcheckRound { round: round + 1 };
        assert_eq!(third, if round + 1 < key.log_n() { next } else { VerifyError::SumcheckFinal });
    }
    for entity in 1..Section::Evaluations.words(key.log_n()) {
        assert_eq!(refusal(Section::Evaluations, entity), VerifyError::SumcheckFinal, "evaluation {entity}");
    }
    // The masking polynomial's evaluation is in no relation; changing it changes r, and Libra's openings are at r.
    assert_eq!(refusal(Section::Evaluations, 0), VerifyError::LibraConsistency);
    assert_eq!(refusal(Section::LibraEvaluation, 0), VerifyError::SumcheckFinal);
    for opening in 0..4 {
        assert_eq!(refusal(Section::LibraPolynomialEvaluations, opening), VerifyError::LibraConsistency);
    }
    for fold in 0..key.log_n() {
        assert_eq!(refusal(Section::FoldEvaluations, fold), VerifyError::Pairing);
    }
}
