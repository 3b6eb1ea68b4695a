//! The algorithm on another backend: one that has no multi-scalar multiplication and counts what it is asked for.

use std::cell::Cell;

use ark_bn254::{Fr, G1Affine};
use veilpass_ultrahonk::host::Arkworks;
use veilpass_ultrahonk::{Backend, Key, PointError, verify_with};

use crate::fixtures;

/// Calls of one verification.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Calls {
    hashes: usize,
    points_parsed: usize,
    multiplications: usize,
    pairings: usize,
}

thread_local! {
    static CALLS: Cell<Calls> = const { Cell::new(Calls { hashes: 0, points_parsed: 0, multiplications: 0, pairings: 0 }) };
}

fn count(change: impl FnOnce(&mut Calls)) {
    let mut calls = CALLS.get();
    change(&mut calls);
    CALLS.set(calls);
}

/// [`Arkworks`], but a sum of multiples is computed term by term, as the trait does by default.
#[derive(Debug)]
struct Counting;

impl Backend for Counting {
    type Scalar = Fr;
    type Point = G1Affine;

    const IDENTITY: G1Affine = Arkworks::IDENTITY;
    const GENERATOR: G1Affine = Arkworks::GENERATOR;

    fn keccak256(parts: &[&[u8]]) -> [u8; 32] {
        count(|calls| calls.hashes += 1);
        Arkworks::keccak256(parts)
    }

    fn point_from_bytes(bytes: &[u8; 64]) -> Result<G1Affine, PointError> {
        count(|calls| calls.points_parsed += 1);
        Arkworks::point_from_bytes(bytes)
    }

    fn point_to_bytes(point: &G1Affine) -> [u8; 64] {
        Arkworks::point_to_bytes(point)
    }

    fn add(a: &G1Affine, b: &G1Affine) -> G1Affine {
        Arkworks::add(a, b)
    }

    fn mul(point: &G1Affine, scalar: &Fr) -> G1Affine {
        count(|calls| calls.multiplications += 1);
        Arkworks::mul(point, scalar)
    }

    fn neg(point: &G1Affine) -> G1Affine {
        Arkworks::neg(point)
    }

    fn pairing_check(left: &G1Affine, right: &G1Affine) -> bool {
        count(|calls| calls.pairings += 1);
        Arkworks::pairing_check(left, right)
    }
}

#[test]
fn another_backend_accepts_the_same_proofs_at_the_expected_cost() {
    for fixture in fixtures::all() {
        let key = Key::<Counting>::parse(&fixture.vk).expect("a key of bb");
        let log_n = key.log_n();
        CALLS.set(Calls::default());
        assert_eq!(verify_with(&key, &fixture.proof, &fixture.public_inputs), Ok(()), "{}", fixture.name);
        let expected = Calls {
            // One for each round, and eta, beta and gamma, alpha, gate, libra, rho, r, nu, z.
            hashes: log_n + 9,
            // The mask, 8 of the witness, 3 of Libra, the folds, quotient and KZG witness.
            points_parsed: 1 + 8 + 3 + (log_n - 1) + 2,
            // All of those but the quotient, the key's and the generator.
            multiplications: 1 + 8 + 3 + (log_n - 1) + 1 + 28 + 1,
            pairings: 1,
        };
        assert_eq!(CALLS.get(), expected, "{}", fixture.name);
    }
}
