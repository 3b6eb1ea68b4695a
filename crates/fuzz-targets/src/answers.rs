//! What those answer that we ask: a node of the chain, and a worker that proves.

use std::sync::LazyLock;

use barretenberg_rs::{
    Backend, BarretenbergApi,
    generated_types::{CircuitInput, ProofSystemSettings},
};
use serde_json::Value;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, UiInstruction, option_serializer::OptionSerializer,
};
use veilpass_chain::{Event, PROGRAM_ID, event_data};
use veilpass_protocol::PublicInputs;
use veilpass_verifier::{OwnershipVerifier, proof_in_answer};

use crate::{FIXTURES, Fixture};

/// A node's answer to `getTransaction`. Accepted if it has events.
pub fn transaction(data: &[u8]) -> bool {
    // By way of a value, as the indexer reads it.
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return false };
    let Ok(transaction) = serde_json::from_value::<EncodedConfirmedTransactionWithStatusMeta>(value) else {
        return false;
    };
    let Ok(events) = event_data(&transaction) else { return false };
    assert!(events.iter().all(|event| Event::is_instruction_data(event)));
    assert!(events.len() <= called_by_the_program(&transaction), "an event that the program did not emit");
    !events.is_empty()
}

/// How many of its instructions the program may have sent to itself: it ran before, or the node does not tell who called.
fn called_by_the_program(transaction: &EncodedConfirmedTransactionWithStatusMeta) -> usize {
    let Some(meta) = transaction.transaction.meta.as_ref().filter(|meta| meta.err.is_none()) else { return 0 };
    let Some(decoded) = transaction.transaction.transaction.decode() else { return 0 };
    let mut accounts: Vec<String> = decoded.message.static_account_keys().iter().map(ToString::to_string).collect();
    if let OptionSerializer::Some(loaded) = &meta.loaded_addresses {
        accounts.extend(loaded.writable.iter().chain(&loaded.readonly).cloned());
    }
    let ours = PROGRAM_ID.to_string();
    let is_ours = |index: u8| accounts.get(usize::from(index)) == Some(&ours);
    let OptionSerializer::Some(groups) = &meta.inner_instructions else { return 0 };
    let mut called = 0;
    for group in groups {
        let outer = decoded.message.instructions().get(usize::from(group.index));
        let mut ran = outer.is_some_and(|outer| is_ours(outer.program_id_index));
        for inner in &group.instructions {
            let UiInstruction::Compiled(inner) = inner else { return 0 };
            if is_ours(inner.program_id_index) {
                called += usize::from(ran || inner.stack_height.is_none());
                ran = true;
            }
        }
    }
    called
}

/// In an answer of a worker, stands for the fields of the known proof: a fuzzer would spend itself on their bytes.
pub const KNOWN_PROOF: &[u8] = b"<the known proof>";

/// The statement that the worker was asked to prove.
struct Asked {
    verifier: OwnershipVerifier,
    fixture: &'static Fixture,
    statement: PublicInputs,
    /// The proof's fields, each as a byte string of msgpack.
    fields: Vec<u8>,
}

static ASKED: LazyLock<Asked> = LazyLock::new(|| {
    let fixture = FIXTURES.iter().find(|fixture| fixture.is_pinned()).expect("a proof of the circuit");
    let words = fixture.proof.as_chunks::<32>().0;
    Asked {
        verifier: OwnershipVerifier::new().expect("the pinned key"),
        fixture,
        statement: PublicInputs::from_bytes(fixture.public_inputs).expect("six public inputs"),
        fields: words.iter().flat_map(|word| [&[0xc4, 32], &word[..]].concat()).collect(),
    }
});

/// A worker whose answer is written already.
struct Canned(Vec<u8>);

impl Backend for Canned {
    fn call(&mut self, _request: &[u8]) -> barretenberg_rs::Result<Vec<u8>> {
        Ok(std::mem::take(&mut self.0))
    }

    fn destroy(&mut self) -> barretenberg_rs::Result<()> {
        Ok(())
    }
}

/// A worker's answer to a request for a proof, in msgpack; [`KNOWN_PROOF`] is replaced where it occurs first.
pub fn worker_answer(data: &[u8]) -> bool {
    let Asked { verifier, fixture, statement, fields } = &*ASKED;
    let place = data.windows(KNOWN_PROOF.len()).position(|window| window == KNOWN_PROOF);
    let answer = place
        .map_or_else(|| data.to_vec(), |place| [&data[..place], fields, &data[place + KNOWN_PROOF.len()..]].concat());
    let circuit = CircuitInput { name: String::new(), bytecode: vec![], verification_key: vec![] };
    let settings = ProofSystemSettings {
        ipa_accumulation: false,
        oracle_hash_type: String::new(),
        disable_zk: false,
        optimized_solidity_verifier: false,
    };
    let Ok(answer) = BarretenbergApi::new(Canned(answer)).circuit_prove(circuit, &[], settings) else { return false };
    let Ok(proof) = proof_in_answer(&answer.proof, &answer.public_inputs, statement) else { return false };
    let accepted = verifier.verify(&proof, statement).is_ok();
    assert!(!accepted || proof == fixture.proof, "another proof is accepted");
    accepted
}
