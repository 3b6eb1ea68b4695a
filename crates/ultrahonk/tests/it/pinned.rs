//! The verifier of one circuit, on arkworks' curve, against the general one.

use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::limbs::Word;
use veilpass_ultrahonk::pinned::{
    self, HINTS, LOG_N, OWNERSHIP, PROOF_WORDS, PUBLIC_INPUTS, Proof, Refusal, hints, verify,
};
use veilpass_ultrahonk::{Section, VerificationKey};

use crate::fixtures::Fixture;

/// What a program is given.
#[derive(Clone)]
struct Case {
    proof: Box<Proof>,
    public_inputs: [Word; PUBLIC_INPUTS],
    hints: Box<[Word; HINTS]>,
}

impl Case {
    fn honest() -> Self {
        let fixture = Fixture::load("ownership");
        let proof = Box::new(pinned::words(&fixture.proof).expect("a proof's length"));
        let public_inputs = pinned::words(&fixture.public_inputs).expect("six public inputs");
        let hints = Box::new(hints(&OWNERSHIP, &proof, &public_inputs).expect("an honest proof"));
        Self { proof, public_inputs, hints }
    }

    fn verify(&self) -> Result<(), Refusal> {
        verify::<Arkworks>(&OWNERSHIP, &self.proof, &self.public_inputs, &self.hints)
    }

    /// With hints that fit, so that only the proof itself can be at fault.
    fn verify_with_new_hints(&self) -> Result<(), Refusal> {
        hints(&OWNERSHIP, &self.proof, &self.public_inputs).map(drop)
    }

    fn verify_generally(&self, key: &VerificationKey) -> bool {
        let (proof, public_inputs) = (pinned::bytes(&self.proof[..]), pinned::bytes(&self.public_inputs));
        veilpass_ultrahonk::verify(key, proof, public_inputs).is_ok()
    }
}

fn first(section: Section) -> usize {
    section.first_word(LOG_N)
}

/// `word + addend`, if that fits in 32 bytes.
fn sum(word: &Word, addend: [u64; 4]) -> Option<Word> {
    let (mut sum, mut carry) = (*word, false);
    for i in (0..4).rev() {
        let (value, over) = u64::from_be(word[i]).carrying_add(addend[i], carry);
        (sum[i], carry) = (value.to_be(), over);
    }
    (!carry).then_some(sum)
}

/// The order of the scalar field and that of the base field.
const R: [u64; 4] = [0x30644e72e131a029, 0xb85045b68181585d, 0x2833e84879b97091, 0x43e1f593f0000001];
const Q: [u64; 4] = [0x30644e72e131a029, 0xb85045b68181585d, 0x97816a916871ca8d, 0x3c208c16d87cfd47];

#[test]
fn the_pinned_key_is_the_circuits() {
    let key = Fixture::load("ownership").key();
    assert!(OWNERSHIP.matches(&key));
    assert!(!OWNERSHIP.matches(&Fixture::load("square").key()));
}

#[test]
fn an_honest_proof_is_accepted_with_its_hints() {
    let case = Case::honest();
    assert_eq!(case.verify(), Ok(()));
    assert!(case.verify_generally(&Fixture::load("ownership").key()));
}

#[test]
fn every_byte_of_a_proof_counts() {
    let honest = Case::honest();
    let key = Fixture::load("ownership").key();
    let mut case = honest.clone();
    for (index, word) in honest.proof.iter().enumerate() {
        for byte in 0..32 {
            let mut bytes = word.map(u64::to_ne_bytes);
            bytes[byte / 8][byte % 8] ^= 1 << (byte % 8);
            case.proof[index] = bytes.map(u64::from_ne_bytes);
            assert!(case.verify_with_new_hints().is_err(), "word {index}, byte {byte}");
            if byte == 31 {
                assert!(case.verify().is_err(), "word {index} with the old hints");
                assert!(!case.verify_generally(&key), "word {index}");
            }
        }
        case.proof[index] = *word;
    }
}

#[test]
fn every_byte_of_the_public_inputs_counts() {
    let honest = Case::honest();
    for index in 0..PUBLIC_INPUTS {
        for byte in 0..32 {
            let mut case = honest.clone();
            let mut bytes = case.public_inputs[index].map(u64::to_ne_bytes);
            bytes[byte / 8][byte % 8] ^= 1;
            case.public_inputs[index] = bytes.map(u64::from_ne_bytes);
            assert!(case.verify_with_new_hints().is_err(), "input {index}, byte {byte}");
            assert!(case.verify().is_err(), "input {index}, byte {byte}");
        }
    }
}

#[test]
fn every_hint_is_checked() {
    let honest = Case::honest();
    for index in 0..HINTS {
        for change in [1, 2, 1 << 40] {
            let mut case = honest.clone();
            case.hints[index][3] ^= u64::to_be(change);
            assert_eq!(case.verify(), Err(Refusal::Hint), "hint {index}");
        }
        let mut case = honest.clone();
        case.hints[index] = sum(&case.hints[index], R).expect("r is below 2^254");
        assert_eq!(case.verify(), Err(Refusal::NotCanonical), "hint {index}, aliased");
    }
}

#[test]
fn aliases_are_refused() {
    let honest = Case::honest();
    for index in 0..PUBLIC_INPUTS {
        let mut case = honest.clone();
        case.public_inputs[index] = sum(&case.public_inputs[index], R).expect("r is below 2^254");
        assert!(case.verify().is_err() && case.verify_with_new_hints().is_err(), "input {index}");
    }
    for section in Section::ALL {
        for index in first(section)..first(section) + section.words(LOG_N) {
            let mut case = honest.clone();
            let order = if section.holds_points() { Q } else { R };
            case.proof[index] = sum(&case.proof[index], order).expect("the orders are below 2^254");
            assert!(case.verify().is_err(), "{section:?}, word {index}");
            // Not only because later challenges change with the bytes: those are the sender's to choose.
            let refusal = case.verify_with_new_hints().expect_err("an alias");
            let expected = match section {
                Section::PairingPoints => &[Refusal::PairingPoints][..],
                // Those that must be zero.
                Section::Evaluations => &[Refusal::NotCanonical, Refusal::ZeroEvaluation],
                points if points.holds_points() => continue,
                _ => &[Refusal::NotCanonical],
            };
            assert!(expected.contains(&refusal), "{section:?}, word {index}: {refusal:?}");
        }
    }
}

/// The last point is in no hash: only the curve's own checks stand between an alias and a second form of the same proof.
#[test]
fn the_last_point_has_one_encoding() {
    let honest = Case::honest();
    for coordinate in [PROOF_WORDS - 2, PROOF_WORDS - 1] {
        let mut case = honest.clone();
        case.proof[coordinate] = sum(&case.proof[coordinate], Q).expect("q is below 2^254");
        assert_eq!(case.verify(), Err(Refusal::Point));
        case.proof[coordinate] = sum(&honest.proof[coordinate], [0, 0, 0, 1]).expect("below 2^256");
        assert_eq!(case.verify(), Err(Refusal::Point), "off the curve");
    }
    let mut case = honest.clone();
    case.proof[PROOF_WORDS - 2..].fill([0; 4]);
    assert_eq!(case.verify(), Err(Refusal::Opening), "the identity");
}

#[test]
fn each_check_has_its_refusal() {
    let honest = Case::honest();
    let refusal = |section: Section, index: usize| {
        let mut case = honest.clone();
        case.proof[first(section) + index][3] ^= 1u64.to_be();
        case.verify_with_new_hints().expect_err("a changed proof")
    };
    assert_eq!(refusal(Section::PairingPoints, 3), Refusal::PairingPoints);
    assert_eq!(refusal(Section::Univariates, 0), Refusal::SumcheckRound);
    // The evaluation of q_lookup.
    assert_eq!(refusal(Section::Evaluations, 11), Refusal::ZeroEvaluation);
    assert_eq!(refusal(Section::Evaluations, 29), Refusal::Relations);
    assert_eq!(refusal(Section::LibraEvaluation, 0), Refusal::Relations);
    assert_eq!(refusal(Section::LibraPolynomialEvaluations, 2), Refusal::Libra);
    assert_eq!(refusal(Section::FoldEvaluations, 5), Refusal::Opening);
    assert_eq!(refusal(Section::FoldCommitments, 0), Refusal::Libra);
    assert_eq!(refusal(Section::ShplonkQuotient, 0), Refusal::Point);
    let mut case = honest.clone();
    case.public_inputs[2] = sum(&case.public_inputs[2], R).expect("r is below 2^254");
    assert_eq!(case.verify(), Err(Refusal::SumcheckRound), "another transcript");
}

#[test]
fn the_identity_in_place_of_any_point_is_refused() {
    let honest = Case::honest();
    for section in Section::ALL.into_iter().filter(|section| section.holds_points()) {
        for index in (first(section)..first(section) + section.words(LOG_N)).step_by(2) {
            let mut case = honest.clone();
            case.proof[index..index + 2].fill([0; 4]);
            assert!(case.verify_with_new_hints().is_err(), "{section:?}, word {index}");
        }
    }
}

#[test]
fn a_proof_of_zeros_is_refused() {
    let mut case = Case::honest();
    case.proof.fill([0; 4]);
    assert!(case.verify_with_new_hints().is_err());
    case.hints.fill([0; 4]);
    assert!(case.verify().is_err());
}
