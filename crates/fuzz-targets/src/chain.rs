//! The verifier as the chain runs it.

use veilpass_ultrahonk::backend::POINT_BYTES;
use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::limbs::Fr29;
use veilpass_ultrahonk::{Backend, Key, Mode, PointError, Scalar, VerifyError, verify_with};

use crate::fixtures::Fixture;

/// Panics unless the chain's verifier comes to the host's verdict.
///
/// This is the generic verifier on the chain's scalar field; the curve is arkworks' in place of the system calls.
pub(crate) fn agrees(fixture: &Fixture, proof: &[u8], public_inputs: &[u8], host: Result<(), VerifyError>) {
    let key = Key::<Limbs>::parse(fixture.vk).expect("a key of bb");
    let chain = verify_with(&key, proof, public_inputs, Mode::ZeroCommitments);
    assert_eq!(chain, host, "{}: chain, then host", fixture.name);
}

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
