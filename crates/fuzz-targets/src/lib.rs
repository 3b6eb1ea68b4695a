//! What the fuzzers run (`fuzz/`, `veilpass fuzz`), as functions: the tests run them over the seeds, so that they compile
//! and hold in CI, which has no fuzzer.
//!
//! Each takes any bytes, panics if what must hold does not, and says whether they were accepted. Of the statements here
//! one proof is known, and nobody can make another from it: whatever else is accepted is a finding. What decoders accept
//! must come out the same when it is written again.

mod answers;
mod chain;
mod decoders;
mod fixtures;
mod forge;
mod texts;
mod words;

use veilpass_ultrahonk::verify;

pub use answers::{KNOWN_PROOF, transaction, worker_answer};
pub use decoders::{
    chain_data, known_envelope, leaf_changes, leaf_set, sealed_witness, sign_in_message, witness_plaintext,
};
pub use fixtures::{FIXTURES, Fixture};
pub use forge::{Forged, OPERATIONS, forge};
pub use texts::text_fields;

/// A target's function.
pub type Target = fn(&[u8]) -> bool;

/// Every target by its name, which is that of its binary and of its corpus' folder.
pub const TARGETS: [(&str, Target); 12] = [
    ("proof_bytes", proof_bytes),
    ("public_inputs", public_inputs),
    ("host_versus_chain", host_versus_chain),
    ("leaf_set", leaf_set),
    ("leaf_changes", leaf_changes),
    ("sign_in_message", sign_in_message),
    ("sealed_witness", sealed_witness),
    ("chain_data", chain_data),
    ("transaction", transaction),
    ("worker_answer", worker_answer),
    ("witness_plaintext", witness_plaintext),
    ("text_fields", text_fields),
];

/// `[fixture, proof..]`: bytes as the proof of a known statement.
pub fn proof_bytes(data: &[u8]) -> bool {
    let Some((fixture, proof)) = fixtures::choose(data) else { return false };
    words::check(proof);
    let accepted = verify(fixture.key(), proof, fixture.public_inputs).is_ok();
    assert!(!accepted || proof == fixture.proof, "{}: another proof is accepted", fixture.name);
    accepted
}

/// `[fixture, public inputs..]`: bytes as the public inputs of a known proof.
pub fn public_inputs(data: &[u8]) -> bool {
    let Some((fixture, inputs)) = fixtures::choose(data) else { return false };
    words::check(inputs);
    let accepted = verify(fixture.key(), fixture.proof, inputs).is_ok();
    assert!(!accepted || inputs == fixture.public_inputs, "{}: other inputs are accepted", fixture.name);
    accepted
}

/// `[fixture, changes..]`: a known proof, its public inputs and its hints, changed word by word (see [`forge`]); the host's
/// verifier and the chain's must agree.
pub fn host_versus_chain(data: &[u8]) -> bool {
    let Some((fixture, changes)) = fixtures::choose(data) else { return false };
    let forged = forge(fixture, changes);
    let Forged { proof, public_inputs, .. } = &forged;
    let host = verify(fixture.key(), proof, public_inputs);
    let honest = proof == fixture.proof && public_inputs == fixture.public_inputs;
    assert_eq!(host.is_ok(), honest, "{}: {host:?}", fixture.name);
    chain::accepts(fixture, &forged, host.is_ok())
}
