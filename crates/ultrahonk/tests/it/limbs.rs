//! The same verifier over [`Fr29`]: arkworks for the curve, limbs of 29 bits for the scalars.

use veilpass_ultrahonk::backend::POINT_BYTES;
use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::limbs::Fr29;
use veilpass_ultrahonk::{Backend, Key, Mode, PointError, Scalar, VerifyError, verify_with};

use crate::fixtures::{self, Fixture};

type Point = <Arkworks as Backend>::Point;

/// Arkworks' points with the limbs' scalars, which cross over as bytes.
#[derive(Debug, Clone, Copy)]
struct Limbs;

impl Backend for Limbs {
    type Scalar = Fr29;
    type Point = Point;

    const IDENTITY: Point = Arkworks::IDENTITY;
    const GENERATOR: Point = Arkworks::GENERATOR;

    fn keccak256(parts: &[&[u8]]) -> [u8; 32] {
        Arkworks::keccak256(parts)
    }

    fn point_from_bytes(bytes: &[u8; POINT_BYTES]) -> Result<Point, PointError> {
        Arkworks::point_from_bytes(bytes)
    }

    fn point_to_bytes(point: &Point) -> [u8; POINT_BYTES] {
        Arkworks::point_to_bytes(point)
    }

    fn add(a: &Point, b: &Point) -> Point {
        Arkworks::add(a, b)
    }

    fn mul(point: &Point, scalar: &Fr29) -> Point {
        let scalar = Scalar::from_be_bytes(&scalar.to_be_bytes()).expect("a canonical encoding");
        Arkworks::mul(point, &scalar)
    }

    fn neg(point: &Point) -> Point {
        Arkworks::neg(point)
    }

    fn pairing_check(left: &Point, right: &Point) -> bool {
        Arkworks::pairing_check(left, right)
    }
}

/// The result of both fields, which must be one.
fn verify_on_both(fixture: &Fixture, proof: &[u8], public_inputs: &[u8], mode: Mode) -> Result<(), VerifyError> {
    let limbs = Key::<Limbs>::parse(&fixture.vk).expect("a key of bb");
    let result = verify_with(&limbs, proof, public_inputs, mode);
    assert_eq!(result, verify_with(&fixture.key(), proof, public_inputs, mode), "{}", fixture.name);
    result
}

#[test]
fn proofs_of_bb_are_accepted_on_limbs_in_both_modes() {
    for fixture in fixtures::all() {
        for mode in [Mode::Full, Mode::ZeroCommitments] {
            let result = verify_on_both(&fixture, &fixture.proof, &fixture.public_inputs, mode);
            assert_eq!(result, Ok(()), "{}", fixture.name);
        }
    }
}

#[test]
fn a_flipped_bit_in_any_word_is_refused_on_limbs_for_the_same_reason() {
    let fixture = Fixture::load("square");
    for index in (31..fixture.proof.len()).step_by(32) {
        let mut proof = fixture.proof.clone();
        proof[index] ^= 1;
        let result = verify_on_both(&fixture, &proof, &fixture.public_inputs, Mode::ZeroCommitments);
        assert!(result.is_err(), "byte {index}");
    }
    for fixture in fixtures::all() {
        let mut public_inputs = fixture.public_inputs.clone();
        public_inputs[31] ^= 1;
        assert!(verify_on_both(&fixture, &fixture.proof, &public_inputs, Mode::Full).is_err(), "{}", fixture.name);
    }
}

#[test]
fn a_proof_of_an_unsatisfied_circuit_is_refused_on_limbs() {
    let fixture = Fixture::load("square");
    let [proof, public_inputs] =
        ["unsatisfied_proof", "unsatisfied_public_inputs"].map(|file| Fixture::read("square", file));
    assert!(verify_on_both(&fixture, &proof, &public_inputs, Mode::Full).is_err());
}
