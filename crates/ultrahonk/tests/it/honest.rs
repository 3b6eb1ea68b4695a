//! What `bb` proves is accepted.

use veilpass_ultrahonk::verify;

use crate::fixtures;

#[test]
fn the_fixtures_differ_in_size_inputs_and_gates() {
    let shapes = fixtures::all().map(|fixture| {
        let key = fixture.key();
        assert_eq!(fixture.proof.len(), key.proof_bytes(), "{}", fixture.name);
        (fixture.name, key.log_n(), key.public_inputs())
    });
    assert_eq!(shapes, [("square", 5, 1), ("ownership", 12, 6), ("wide", 12, 32), ("gates", 13, 2)]);
}

#[test]
fn proofs_of_bb_are_accepted() {
    for fixture in fixtures::all() {
        let key = fixture.key();
        assert_eq!(verify(&key, &fixture.proof, &fixture.public_inputs), Ok(()), "{}", fixture.name);
    }
}
