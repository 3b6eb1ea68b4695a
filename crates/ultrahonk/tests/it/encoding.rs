//! Only canonical encodings of the right length are read, and the error says where the first other one is.

use veilpass_ultrahonk::{PointError, Section, VerifyError, verify};

use crate::fixtures::{self, Fixture};

/// The order of the scalar field, big-endian.
const R: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
/// The modulus of the base field, big-endian.
const Q: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

/// Adds a modulus to a big-endian word: another name of the same residue. A residue plus a 254-bit modulus fits.
fn alias(word: &mut [u8], modulus: &str) {
    let modulus = hex::decode(modulus).expect("hexadecimal digits");
    let mut carry = 0;
    for (byte, addend) in word.iter_mut().zip(modulus).rev() {
        let sum = u16::from(*byte) + u16::from(addend) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
}

/// The fixture's proof with one word replaced by what `change` makes of it, and the verifier's answer.
fn with_word(fixture: &Fixture, section: Section, word: usize, change: impl Fn(&mut [u8])) -> Result<(), VerifyError> {
    let key = fixture.key();
    let mut proof = fixture.proof.clone();
    let start = section.range(key.log_n()).start + 32 * word;
    change(&mut proof[start..start + 32]);
    verify(&key, &proof, &fixture.public_inputs)
}

#[test]
fn an_aliased_public_input_is_refused() {
    for fixture in fixtures::all() {
        let key = fixture.key();
        for index in 0..key.public_inputs() {
            let mut public_inputs = fixture.public_inputs.clone();
            alias(&mut public_inputs[32 * index..][..32], R);
            let result = verify(&key, &fixture.proof, &public_inputs);
            assert_eq!(result, Err(VerifyError::PublicInputNotCanonical { index }), "{}", fixture.name);
        }
    }
}

#[test]
fn an_aliased_scalar_is_refused_wherever_it_is() {
    for fixture in [Fixture::load("square"), Fixture::load("gates")] {
        let log_n = fixture.key().log_n();
        for section in Section::ALL {
            if section.holds_points() || section == Section::PairingPoints {
                continue;
            }
            for index in 0..section.words(log_n) {
                let result = with_word(&fixture, section, index, |word| alias(word, R));
                let named = result == Err(VerifyError::ScalarNotCanonical { section, index });
                assert!(named, "{}: {section:?} {index}: {result:?}", fixture.name);
            }
        }
    }
}

#[test]
fn an_aliased_coordinate_is_refused_wherever_it_is() {
    for fixture in [Fixture::load("square"), Fixture::load("gates")] {
        let log_n = fixture.key().log_n();
        for section in Section::ALL.into_iter().filter(|section| section.holds_points()) {
            for word in 0..section.words(log_n) {
                let result = with_word(&fixture, section, word, |word| alias(word, Q));
                let error = PointError::CoordinateNotCanonical;
                assert_eq!(result, Err(VerifyError::Point { section, index: word / 2, error }), "{}", fixture.name);
            }
        }
    }
}

#[test]
fn a_point_off_the_curve_is_refused_wherever_it_is() {
    for fixture in [Fixture::load("square"), Fixture::load("gates")] {
        let log_n = fixture.key().log_n();
        for section in Section::ALL.into_iter().filter(|section| section.holds_points()) {
            for word in 0..section.words(log_n) {
                let result = with_word(&fixture, section, word, |word| word[31] ^= 1);
                let error = PointError::NotOnCurve;
                assert_eq!(result, Err(VerifyError::Point { section, index: word / 2, error }), "{}", fixture.name);
            }
        }
    }
}

#[test]
fn a_pairing_point_limb_out_of_range_is_refused() {
    let fixture = Fixture::load("ownership");
    for index in 0..8 {
        // 2^136 for the lower limb of a coordinate, 2^120 for the upper one, and a value far above both.
        let lowest_byte_above = if index % 2 == 0 { 14 } else { 16 };
        for byte in [lowest_byte_above, 0] {
            let result = with_word(&fixture, Section::PairingPoints, index, |word| word[byte] = 1);
            assert_eq!(result, Err(VerifyError::PairingPointLimb { index }));
        }
        // The largest limb in range is read; the proof is then simply another one.
        let result = with_word(&fixture, Section::PairingPoints, index, |word| {
            word[lowest_byte_above + 1..].fill(0xff);
        });
        assert_eq!(result, Err(VerifyError::SumcheckRound { round: 0 }));
    }
}

#[test]
fn other_lengths_are_refused() {
    for fixture in fixtures::all() {
        let key = fixture.key();
        let expected = fixture.proof.len();
        for actual in [0, 1, 31, 32, expected - 32, expected - 1, expected + 1, expected + 32, 2 * expected] {
            let mut proof = fixture.proof.clone();
            proof.resize(actual, 0);
            let error = VerifyError::ProofLength { actual, expected };
            assert_eq!(verify(&key, &proof, &fixture.public_inputs), Err(error));
        }
        let expected = fixture.public_inputs.len();
        for actual in [0, 31, expected - 32, expected - 1, expected + 1, expected + 32] {
            if actual == expected {
                continue;
            }
            let mut public_inputs = fixture.public_inputs.clone();
            public_inputs.resize(actual, 0);
            let error = VerifyError::PublicInputsLength { actual, expected };
            assert_eq!(verify(&key, &fixture.proof, &public_inputs), Err(error));
        }
    }
}
