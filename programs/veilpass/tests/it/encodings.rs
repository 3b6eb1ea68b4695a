//! Proofs whose bytes mean something else, or the same in another form. Program and host refuse them for the same reason.

use veilpass_program::error::VeilpassError;
use veilpass_program::proof;
use veilpass_ultrahonk::Section;
use veilpass_ultrahonk::pinned::{LOG_N, PROOF_WORDS, words};

use crate::forgeries::Q;
use crate::support::{Uploaded, add, alias, assert_refused};

const IDENTITY: [u8; 64] = [0; 64];

fn scalars() -> impl Iterator<Item = Section> {
    Section::ALL.into_iter().filter(|section| !section.holds_points() && *section != Section::PairingPoints)
}

fn points() -> impl Iterator<Item = Section> {
    Section::ALL.into_iter().filter(|section| section.holds_points())
}

/// The generator: a point of the curve, in no honest proof.
fn generator() -> [u8; 64] {
    let mut point = [0; 64];
    (point[31], point[63]) = (1, 2);
    point
}

/// `-P`, from `P`: `(x, q - y)`.
fn negated(point: &[u8]) -> [u8; 64] {
    let mut negated: [u8; 64] = point.try_into().unwrap();
    let mut borrow = 0i16;
    for i in (0..32).rev() {
        let digit = i16::from(Q[i]) - i16::from(point[32 + i]) - borrow;
        borrow = i16::from(digit < 0);
        negated[32 + i] = digit.rem_euclid(256) as u8;
    }
    negated
}

#[test]
fn a_scalar_has_one_form() {
    let mut uploaded = Uploaded::new();
    for section in scalars() {
        let (first, words) = (section.first_word(LOG_N), section.words(LOG_N));
        let mut places = vec![first, first + words - 1];
        places.dedup();
        for index in places {
            let aliased = alias(&uploaded.word(index));
            // Hints depend on the folds' evaluations, and are checked against them first.
            let expected = match section {
                Section::FoldEvaluations => VeilpassError::ProofHint,
                _ => VeilpassError::ProofNotCanonical,
            };
            assert_eq!(uploaded.refuse(index, aliased), expected, "{section:?}, word {index}");
        }
    }
    uploaded.verify().unwrap();
}

#[test]
fn the_identity_is_refused_in_every_place() {
    let mut uploaded = Uploaded::new();
    for section in points() {
        let (first, words) = (section.first_word(LOG_N), section.words(LOG_N));
        for index in [first, first + words - 2] {
            uploaded.refuse_bytes(index, &IDENTITY);
        }
    }
    uploaded.verify().unwrap();
}

/// Points of the curve, but the wrong ones.
#[test]
fn another_point_is_refused_in_every_place() {
    let mut uploaded = Uploaded::new();
    for section in points() {
        let index = section.first_word(LOG_N);
        let honest = uploaded.submission.content()[32 * index..32 * index + 64].to_vec();
        for point in [generator(), negated(&honest)] {
            uploaded.refuse_bytes(index, &point);
        }
    }
    uploaded.verify().unwrap();
}

/// Both coordinates of a point that is in no hash, at once: what is the same point to the curve is refused for its form.
#[test]
fn a_coordinate_has_one_form() {
    let mut uploaded = Uploaded::new();
    let index = PROOF_WORDS - 2;
    let (x, y) = (uploaded.word(index), uploaded.word(index + 1));
    for (x, y) in [(add(&x, &Q), y), (x, add(&y, &Q)), (add(&x, &Q), add(&y, &Q)), (Q, Q), ([0; 32], Q), (Q, [0; 32])] {
        let reason = uploaded.refuse_bytes(index, &[x, y].concat());
        assert_eq!(reason, VeilpassError::ProofPoint);
    }
}

#[test]
fn pairing_points_are_refused() {
    let mut uploaded = Uploaded::new();
    for index in 0..Section::PairingPoints.words(LOG_N) {
        let mut word = [0; 32];
        word[31] = 1;
        assert_eq!(uploaded.refuse(index, word), VeilpassError::ProofPairingPoints);
    }
    uploaded.verify().unwrap();
}

/// Proofs of other circuits, cut or filled up to the length of ours.
#[test]
fn a_proof_of_another_circuit_is_refused() {
    let mut uploaded = Uploaded::new();
    for proof in [
        &include_bytes!("../../../../crates/ultrahonk/tests/fixtures/gates/proof")[..],
        include_bytes!("../../../../crates/ultrahonk/tests/fixtures/square/proof"),
        include_bytes!("../../../../crates/ultrahonk/tests/fixtures/wide/proof"),
    ] {
        let mut bytes = proof.to_vec();
        bytes.resize(32 * PROOF_WORDS, 0);
        assert_eq!(uploaded.refuse_bytes(0, &bytes), VeilpassError::ProofSumcheck, "{} bytes", proof.len());
    }
    uploaded.verify().unwrap();
}

/// A true proof of our circuit, for another statement than every test's.
#[test]
fn a_proof_of_another_statement_is_refused() {
    let mut uploaded = Uploaded::new();
    let frozen = include_bytes!("../../../../crates/ultrahonk/tests/fixtures/ownership/proof");
    assert_eq!(uploaded.refuse_bytes(0, frozen), VeilpassError::ProofSumcheck);
    uploaded.verify().unwrap();
    assert_refused(uploaded.deployment.verify(&uploaded.owner, &uploaded.submission), VeilpassError::NullifierUsed);
}

/// The program's library on a host has no machine that could check a proof: not even an honest one is accepted.
#[test]
fn a_host_accepts_no_proof() {
    let uploaded = Uploaded::new();
    let content = words(uploaded.submission.content()).unwrap();
    let public_inputs = words(uploaded.words().as_flattened()).unwrap();
    assert_eq!(proof::verify(&content, &public_inputs), Err(VeilpassError::ProofOpening));
}
