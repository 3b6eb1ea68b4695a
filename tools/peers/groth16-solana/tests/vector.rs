//! What is sent to the program is the library's own vector, and the library takes it on this machine too.

use groth16_solana::groth16::{Groth16Verifier, negate_g1_be};
use groth16_solana_peer::vector::{PROOF, PUBLIC_INPUTS, VERIFYING_KEY};

fn points() -> ([u8; 64], [u8; 128], [u8; 64]) {
    let (a, rest) = PROOF.split_first_chunk().unwrap();
    let (b, c) = rest.split_first_chunk().unwrap();
    (negate_g1_be(a), *b, c.try_into().unwrap())
}

#[test]
fn the_file_is_the_librarys_vector() {
    let (a, b, c) = points();
    let values = [&a[..], &b, &c].into_iter().chain(PUBLIC_INPUTS.iter().map(|input| &input[..]));
    let line = |value: &[u8]| value.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    assert_eq!(include_str!("../vector.hex"), values.map(line).collect::<String>());
}

#[test]
fn the_library_takes_it() {
    let (a, b, c) = points();
    Groth16Verifier::new(&a, &b, &c, &PUBLIC_INPUTS, &VERIFYING_KEY).unwrap().verify().unwrap();
    let mut others = PUBLIC_INPUTS;
    others[8][31] ^= 1;
    assert!(Groth16Verifier::new(&a, &b, &c, &others, &VERIFYING_KEY).unwrap().verify().is_err());
}
