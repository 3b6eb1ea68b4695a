//! From a listener's secret to the gate: a real proof, verified by the program, whose receipt the gate counts.

use anchor_lang::{AccountDeserialize, InstructionData, ToAccountMetas};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;
use veilpass_chain::{nullifier_address, registry_address};
use veilpass_example_gate::{
    ID, accounts,
    error::GateError,
    instruction,
    state::{Gate, Use},
};
use veilpass_protocol::{FieldElement, RegistryId};
use veilpass_svm::{Deployment, EPOCH_LENGTH_SECONDS, Listener, ProofMaker};

use crate::support::assert_code;

#[test]
fn a_verified_proof_opens_the_gate() {
    let mut maker = ProofMaker::new(vec![Listener::new(1, "first-light"), Listener::new(2, "first-light")]).unwrap();
    let mut deployment = Deployment::new(RegistryId::new(FieldElement::from_u64(1))).unwrap();
    deployment.runtime.load(ID, "programs/example-gate/example_gate.so").unwrap();
    deployment.publish(maker.root()).unwrap();
    let listener = deployment.runtime.funded();
    let submission = maker.submission(0, deployment.registry, deployment.epoch(), 7).unwrap();
    let inputs = submission.public_inputs;
    let (registry, payer) = (registry_address(deployment.registry), listener.pubkey());
    let track_id = inputs.track_id.to_be_bytes();

    let gate = Address::find_program_address(&[Gate::SEED, payer.as_ref(), registry.as_ref(), &track_id], &ID).0;
    let make = accounts::InitializeGate { gate, authority: payer, system_program: Address::default() };
    let data = instruction::InitializeGate { registry, track_id, epoch_length_seconds: EPOCH_LENGTH_SECONDS };
    let make = Instruction::new_with_bytes(ID, &data.data(), make.to_account_metas(None));
    deployment.runtime.send(&[make], &[&listener]).unwrap();

    let nullifier = inputs.nullifier.to_be_bytes();
    let listen = accounts::Listen {
        gate,
        receipt: nullifier_address(&registry, inputs.nullifier),
        listened: Address::find_program_address(&[Use::SEED, gate.as_ref(), &nullifier], &ID).0,
        payer,
        system_program: Address::default(),
        event_authority: Address::find_program_address(&[b"__event_authority"], &ID).0,
        program: ID,
    };
    let data = instruction::Listen { nullifier }.data();
    let listen = [Instruction::new_with_bytes(ID, &data, listen.to_account_metas(None))];
    // Before the proof is verified there is no receipt; then it counts, once.
    assert!(deployment.runtime.send(&listen, &[&listener]).is_err());
    deployment.verify(&listener, &submission).unwrap();
    deployment.runtime.send(&listen, &[&listener]).unwrap();
    assert_code(deployment.runtime.send(&listen, &[&listener]), GateError::AlreadyListened);
    let account = deployment.runtime.account(&gate).unwrap();
    assert_eq!(Gate::try_deserialize(&mut &account.data[..]).unwrap().listens, 1);
}
