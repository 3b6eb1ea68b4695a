//! What an attacker would send instead of a proof.

use veilpass_ultrahonk::{Section, VerifyError, verify};

use crate::fixtures::{self, Fixture};

fn range(fixture: &Fixture, section: Section) -> std::ops::Range<usize> {
    section.range(fixture.key().log_n())
}

#[test]
fn the_identity_in_place_of_any_point_is_refused() {
    for fixture in fixtures::all() {
        let key = fixture.key();
        for section in Section::ALL.into_iter().filter(|section| section.holds_points()) {
            for point in range(&fixture, section).step_by(64) {
                let mut proof = fixture.proof.clone();
                proof[point..point + 64].fill(0);
                let result = verify(&key, &proof, &fixture.public_inputs);
                assert!(result.is_err(), "{}: {section:?} at {point}", fixture.name);
            }
        }
    }
}

/// With the identity as quotient and as witness the pairing check is trivially true of what is left if all else is zero.
#[test]
fn a_proof_of_zeros_is_refused() {
    for fixture in fixtures::all() {
        let key = fixture.key();
        let mut proof = vec![0; fixture.proof.len()];
        assert!(verify(&key, &proof, &fixture.public_inputs).is_err(), "{}", fixture.name);
        assert!(verify(&key, &proof, &vec![0; fixture.public_inputs.len()]).is_err());
        // The honest sumcheck with an opening of zeros.
        let opening = range(&fixture, Section::LibraGrandSum).start;
        proof[..opening].copy_from_slice(&fixture.proof[..opening]);
        assert_eq!(verify(&key, &proof, &fixture.public_inputs), Err(VerifyError::LibraConsistency));
        // The honest proof with the opening's last two points at infinity.
        let last_points = range(&fixture, Section::ShplonkQuotient).start;
        proof[opening..last_points].copy_from_slice(&fixture.proof[opening..last_points]);
        assert_eq!(verify(&key, &proof, &fixture.public_inputs), Err(VerifyError::Pairing));
    }
}

#[test]
fn points_in_each_others_place_are_refused() {
    let fixture = Fixture::load("ownership");
    let key = fixture.key();
    let sections: Vec<_> = Section::ALL.into_iter().filter(|section| section.holds_points()).collect();
    for pair in sections.windows(2) {
        let (a, b) = (range(&fixture, pair[0]).start, range(&fixture, pair[1]).start);
        let mut proof = fixture.proof.clone();
        proof[a..a + 64].copy_from_slice(&fixture.proof[b..b + 64]);
        proof[b..b + 64].copy_from_slice(&fixture.proof[a..a + 64]);
        assert!(verify(&key, &proof, &fixture.public_inputs).is_err(), "{pair:?}");
    }
}

/// A negated point has the same x: only the sign of y tells.
#[test]
fn a_negated_opening_witness_is_refused() {
    for fixture in fixtures::all() {
        let q = hex::decode("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47").expect("hexadecimal");
        let mut proof = fixture.proof.clone();
        let witness = range(&fixture, Section::KzgWitness);
        let mut borrow = 0i16;
        for (byte, minuend) in proof[witness.start + 32..witness.end].iter_mut().zip(&q).rev() {
            let difference = i16::from(*minuend) - i16::from(*byte) - borrow;
            borrow = i16::from(difference < 0);
            *byte = (difference & 0xff) as u8;
        }
        assert_eq!(verify(&fixture.key(), &proof, &fixture.public_inputs), Err(VerifyError::Pairing));
    }
}

/// Barretenberg proves a witness that does not satisfy the circuit without complaint; the proof is worthless.
#[test]
fn a_proof_of_an_unsatisfied_witness_is_refused() {
    let mut fixture = Fixture::load("square");
    fixture.proof = Fixture::read("square", "unsatisfied_proof");
    fixture.public_inputs = Fixture::read("square", "unsatisfied_public_inputs");
    let result = verify(&fixture.key(), &fixture.proof, &fixture.public_inputs);
    // The relations do not sum to 0 over the rows, which the first round claims.
    assert_eq!(result, Err(VerifyError::SumcheckRound { round: 0 }));
}

#[test]
fn a_proof_does_not_prove_other_public_inputs() {
    // The reverse order: the same numbers, another statement.
    for fixture in [Fixture::load("ownership"), Fixture::load("wide"), Fixture::load("gates")] {
        let mut words: Vec<_> = fixture.public_inputs.chunks(32).collect();
        words.reverse();
        assert!(verify(&fixture.key(), &fixture.proof, &words.concat()).is_err(), "{}", fixture.name);
    }
}

/// Where the key commits to the zero polynomial, the value that a proof claims is 0, and no other is taken: what the pinned
/// verifier, which asks for zero bytes there, rests on.
#[test]
fn an_evaluation_of_a_zero_polynomial_must_be_zero() {
    let mut tried = 0;
    for fixture in fixtures::all() {
        let key = fixture.key();
        for index in 0..28 {
            if fixture.vk[96 + 64 * index..][..64].iter().any(|byte| *byte != 0) {
                continue;
            }
            let at = range(&fixture, Section::Evaluations).start + 32 * (index + 1);
            let mut proof = fixture.proof.clone();
            assert_eq!(proof[at..at + 32], [0; 32], "an honest evaluation is 0");
            proof[at + 31] = 1;
            assert!(verify(&key, &proof, &fixture.public_inputs).is_err(), "{}: commitment {index}", fixture.name);
            tried += 1;
        }
    }
    assert_eq!(tried, 14 + 9 + 11 + 1);
}
