//! Bytes that no prover made: always refused, never a panic.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use veilpass_ultrahonk::{VK_BYTES, VerificationKey, verify};

use crate::fixtures;

#[test]
fn random_proofs_are_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for fixture in fixtures::all() {
        let key = fixture.key();
        for _ in 0..200 {
            let mut proof = vec![0; fixture.proof.len()];
            random.fill(&mut proof[..]);
            // Below both moduli, so that scalars parse and the points are what fails; and any bytes.
            let canonical = proof.chunks(32).flat_map(|word| [&[0], &word[1..]].concat()).collect();
            for bytes in [proof.clone(), canonical] {
                assert!(verify(&key, &bytes, &fixture.public_inputs).is_err());
            }
        }
    }
}

/// Words of an honest proof in other places, zeroed, or with random low bytes: mostly well-formed, so that the checks
/// behind the parser are reached.
#[test]
fn mixed_up_proofs_are_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for fixture in fixtures::all() {
        let key = fixture.key();
        let words = fixture.proof.len() / 32;
        for _ in 0..500 {
            let mut proof = fixture.proof.clone();
            for _ in 0..random.random_range(1..4) {
                let (to, from) = (32 * random.random_range(0..words), 32 * random.random_range(0..words));
                match random.random_range(0..3) {
                    0 => proof.copy_within(from..from + 32, to),
                    1 => proof[to..to + 32].fill(0),
                    _ => random.fill(&mut proof[to + 16..to + 32]),
                }
            }
            if proof == fixture.proof {
                continue;
            }
            assert!(verify(&key, &proof, &fixture.public_inputs).is_err(), "{}", fixture.name);
        }
    }
}

#[test]
fn random_keys_do_not_parse() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let header = &fixtures::all()[0].vk[..96];
    for _ in 0..200 {
        let mut vk = vec![0; VK_BYTES];
        random.fill(&mut vk[..]);
        assert!(VerificationKey::parse(&vk).is_err());
        vk[..96].copy_from_slice(header);
        assert!(VerificationKey::parse(&vk).is_err());
    }
}
