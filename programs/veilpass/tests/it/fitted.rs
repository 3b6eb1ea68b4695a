//! Forgeries with hints that fit them, as their sender would compute them: what refuses them is not a hint, but the proof. Only
//! so the last checks are reached, where the curve's system calls decide.

use std::collections::BTreeSet;

use veilpass_program::error::VeilpassError;
use veilpass_ultrahonk::Section;
use veilpass_ultrahonk::pinned::{self, LOG_N, OWNERSHIP, PROOF_WORDS};

use crate::forgeries::{Q, flipped};
use crate::support::{Uploaded, add, alias};

impl Uploaded {
    /// Refuses a proof that has other bytes from a word on, and hints that fit.
    #[track_caller]
    fn refuse_fitted(&mut self, index: usize, bytes: &[u8]) -> VeilpassError {
        let mut content = self.with(index, bytes);
        let (proof, hints) = content.split_at_mut(32 * PROOF_WORDS);
        let proof: Box<pinned::Proof> = Box::new(pinned::words(proof).unwrap());
        let inputs = pinned::words(self.words().as_flattened()).unwrap();
        let (fitting, verdict) = pinned::fitting_hints(&OWNERSHIP, &proof, &inputs);
        hints.copy_from_slice(pinned::bytes(&fitting));
        let reason = self.refuse_content(&content);
        assert_eq!(reason, verdict.expect_err("a forgery").into(), "word {index}");
        assert_ne!(reason, VeilpassError::ProofHint, "word {index}");
        reason
    }

    fn refuse_flipped(&mut self, section: Section, index: usize) -> VeilpassError {
        let place = section.first_word(LOG_N) + index;
        self.refuse_fitted(place, &flipped(self.word(place), 0))
    }
}

/// The generator: a point of the curve, in no honest proof.
fn generator() -> [u8; 64] {
    let mut point = [0; 64];
    (point[31], point[63]) = (1, 2);
    point
}

#[test]
fn each_check_has_its_refusal() {
    use VeilpassError::{
        ProofLibra, ProofOpening, ProofPairingPoints, ProofPoint, ProofRelations, ProofSumcheck, ProofZeroEvaluation,
    };
    let mut uploaded = Uploaded::new();
    for (section, index, expected) in [
        (Section::PairingPoints, 3, ProofPairingPoints),
        (Section::Univariates, 0, ProofSumcheck),
        // The evaluation of a polynomial that is zero.
        (Section::Evaluations, 11, ProofZeroEvaluation),
        (Section::Evaluations, 29, ProofRelations),
        (Section::LibraEvaluation, 0, ProofRelations),
        (Section::LibraPolynomialEvaluations, 2, ProofLibra),
        (Section::FoldCommitments, 0, ProofLibra),
        (Section::FoldEvaluations, 5, ProofOpening),
        (Section::ShplonkQuotient, 0, ProofPoint),
        (Section::KzgWitness, 1, ProofPoint),
    ] {
        assert_eq!(uploaded.refuse_flipped(section, index), expected, "{section:?}");
    }
    uploaded.verify().unwrap();
}

#[test]
fn a_changed_word_of_any_section_is_refused() {
    let mut uploaded = Uploaded::new();
    let mut reasons = BTreeSet::new();
    for section in Section::ALL {
        let words = section.words(LOG_N);
        for index in BTreeSet::from([0, words / 2, words - 1]) {
            reasons.insert(uploaded.refuse_flipped(section, index) as u32);
        }
    }
    let all = [
        VeilpassError::ProofPairingPoints,
        VeilpassError::ProofSumcheck,
        VeilpassError::ProofRelations,
        VeilpassError::ProofLibra,
        VeilpassError::ProofPoint,
        VeilpassError::ProofOpening,
    ];
    assert!(all.iter().all(|reason| reasons.contains(&(*reason as u32))), "{reasons:?}");
    uploaded.verify().unwrap();
}

/// The points after the last challenge that Libra's check depends on are left to the pairing alone.
#[test]
fn wrong_points_come_to_the_pairing() {
    let mut uploaded = Uploaded::new();
    for section in [Section::ShplonkQuotient, Section::KzgWitness] {
        let index = section.first_word(LOG_N);
        for point in [generator(), [0; 64]] {
            assert_eq!(uploaded.refuse_fitted(index, &point), VeilpassError::ProofOpening, "{section:?}");
        }
        // Bytes of a point in another form: the same transcript is not to be had, the same point is not taken.
        for place in [index, index + 1] {
            let other = add(&uploaded.word(place), &Q);
            assert_eq!(uploaded.refuse_fitted(place, &other), VeilpassError::ProofPoint, "{section:?}");
        }
    }
    uploaded.verify().unwrap();
}

#[test]
fn the_identity_is_refused_in_every_place() {
    let mut uploaded = Uploaded::new();
    for section in Section::ALL.into_iter().filter(|section| section.holds_points()) {
        for index in (0..section.words(LOG_N)).step_by(2) {
            uploaded.refuse_fitted(section.first_word(LOG_N) + index, &[0; 64]);
        }
    }
    uploaded.verify().unwrap();
}

#[test]
fn a_scalar_has_one_form() {
    let mut uploaded = Uploaded::new();
    for section in [Section::FoldEvaluations, Section::LibraPolynomialEvaluations, Section::Evaluations] {
        let index = section.first_word(LOG_N);
        let other = alias(&uploaded.word(index));
        assert_eq!(uploaded.refuse_fitted(index, &other), VeilpassError::ProofNotCanonical, "{section:?}");
    }
    uploaded.verify().unwrap();
}

/// Zeros satisfy much.
#[test]
fn a_proof_of_zeros_is_refused() {
    let mut uploaded = Uploaded::new();
    uploaded.refuse_fitted(0, &[0; 32 * PROOF_WORDS]);
    uploaded.verify().unwrap();
}
