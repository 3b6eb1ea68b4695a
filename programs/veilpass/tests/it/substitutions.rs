//! Accounts in the place of others: forged, of other programs, unsigned, not writable.

use anchor_lang::error::ErrorCode;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_instruction_error::InstructionError;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;
use veilpass_chain::{
    accept_authority, close_nullifier, offer_authority, publish_root, registry_address, revoke_before, set_paused,
    set_publisher,
};
use veilpass_program::error::VeilpassError;
use veilpass_protocol::{FieldElement, MerkleRoot};

use crate::support::{Uploaded, assert_code, assert_refused, proof_for_now, ready, registry};

/// Places of accounts in `verify_ownership`.
const REGISTRY: usize = 0;
const BUFFER: usize = 1;
const OWNER: usize = 2;
const NULLIFIER: usize = 3;
const SYSTEM_PROGRAM: usize = 4;
const EVENT_AUTHORITY: usize = 5;
const PROGRAM: usize = 6;

fn root(number: u64) -> MerkleRoot {
    MerkleRoot::new(FieldElement::from_u64(number))
}

/// A registry is trusted for its owner: only the program can have written it.
#[test]
fn a_registry_of_another_program_is_no_registry() {
    let mut uploaded = Uploaded::new();
    let honest = uploaded.deployment.runtime.account(&registry_address(registry(1))).unwrap();
    let copy = Address::new_unique();
    uploaded.deployment.runtime.set_account(copy, Account { owner: Address::new_unique(), ..honest });
    let publisher = uploaded.deployment.publisher.insecure_clone();
    let authority = uploaded.deployment.authority.insecure_clone();
    let owner = uploaded.owner.insecure_clone();
    let inputs = uploaded.submission.public_inputs;
    let mut verify = uploaded.instruction();
    verify.accounts[NULLIFIER].pubkey = veilpass_chain::nullifier_address(&copy, inputs.nullifier);
    for (mut instruction, signer) in [
        (verify, &owner),
        (publish_root(publisher.pubkey(), registry(1), 1, root(5), false), &publisher),
        (revoke_before(publisher.pubkey(), registry(1), 1), &publisher),
        (set_paused(authority.pubkey(), registry(1), false), &authority),
    ] {
        instruction.accounts[REGISTRY].pubkey = copy;
        let result = uploaded.deployment.runtime.send(&[instruction], &[signer]);
        assert_code(result, ErrorCode::AccountOwnedByWrongProgram.into());
    }
    uploaded.verify().unwrap();
}

#[test]
fn each_fixed_account_of_a_verification_is_checked() {
    let mut uploaded = Uploaded::new();
    let stranger = Address::new_unique();
    let system = uploaded.instruction().accounts[SYSTEM_PROGRAM].pubkey;
    for (place, address, error) in [
        (SYSTEM_PROGRAM, stranger, ErrorCode::InvalidProgramId),
        (SYSTEM_PROGRAM, veilpass_chain::PROGRAM_ID, ErrorCode::InvalidProgramId),
        (EVENT_AUTHORITY, stranger, ErrorCode::ConstraintAddress),
        // The program's accounts in each other's places.
        (REGISTRY, uploaded.buffer, ErrorCode::AccountDiscriminatorMismatch),
        (BUFFER, registry_address(registry(1)), ErrorCode::AccountDiscriminatorMismatch),
        (NULLIFIER, uploaded.buffer, ErrorCode::ConstraintSeeds),
    ] {
        let mut verify = uploaded.instruction();
        verify.accounts[place].pubkey = address;
        let result = uploaded.deployment.runtime.send(&[verify], &[&uploaded.owner]);
        assert_code(result, error.into());
    }
    // The event goes to the program itself or nowhere: the call finds no other.
    for address in [stranger, system] {
        let mut verify = uploaded.instruction();
        verify.accounts[PROGRAM].pubkey = address;
        let refused = uploaded.deployment.runtime.send(&[verify], &[&uploaded.owner]).err().unwrap();
        // Index 0 is the compute budget.
        assert_eq!(refused.error, TransactionError::InstructionError(1, InstructionError::MissingAccount));
    }
    for place in [BUFFER, NULLIFIER] {
        let mut verify = uploaded.instruction();
        verify.accounts[place].is_writable = false;
        let result = uploaded.deployment.runtime.send(&[verify], &[&uploaded.owner]);
        assert_code(result, ErrorCode::ConstraintMut.into());
    }
    uploaded.verify().unwrap();
}

/// In somebody's name, but without their signature.
#[test]
fn a_name_without_its_signature_is_refused() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    deployment.verify(&owner, &submission).unwrap();
    let stranger = deployment.runtime.funded();
    let (authority, publisher) = (deployment.authority.pubkey(), deployment.publisher.pubkey());
    let offer = offer_authority(authority, registry(1), publisher);
    deployment.runtime.send(&[offer], &[&deployment.authority]).unwrap();
    let unsigned = [
        publish_root(publisher, registry(1), 1, root(5), true),
        revoke_before(publisher, registry(1), 1),
        revoke_before(authority, registry(1), 1),
        set_publisher(authority, registry(1), stranger.pubkey()),
        set_paused(authority, registry(1), true),
        offer_authority(authority, registry(1), stranger.pubkey()),
        accept_authority(publisher, registry(1)),
        close_nullifier(owner.pubkey(), registry(1), submission.public_inputs.nullifier),
    ];
    for mut instruction in unsigned {
        for meta in &mut instruction.accounts {
            meta.is_signer = false;
        }
        let result = deployment.runtime.send(&[instruction], &[&stranger]);
        assert_code(result, ErrorCode::AccountNotSigner.into());
    }
    assert!(deployment.receipt(&submission).is_some());
}

#[test]
fn what_is_no_nullifier_is_not_closed() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    deployment.verify(&owner, &submission).unwrap();
    deployment.runtime.set_time(deployment.runtime.time() + 2 * 86_400);
    let close = close_nullifier(owner.pubkey(), registry(1), submission.public_inputs.nullifier);
    let honest = deployment.runtime.account(&close.accounts[1].pubkey).unwrap();
    let copy = Address::new_unique();
    deployment.runtime.set_account(copy, Account { owner: Address::new_unique(), ..honest });
    let other = maker.submission(1, deployment.registry, deployment.epoch(), 1).unwrap();
    let buffer = deployment.upload(veilpass_chain::Format::V1, &owner, "other", &other).unwrap().buffer;
    for (address, error) in [
        (copy, ErrorCode::AccountOwnedByWrongProgram),
        (buffer, ErrorCode::AccountDiscriminatorMismatch),
        (registry_address(registry(1)), ErrorCode::AccountDiscriminatorMismatch),
    ] {
        let mut wrong: Instruction = close.clone();
        wrong.accounts[1].pubkey = address;
        assert_code(deployment.runtime.send(&[wrong], &[&owner]), error.into());
    }
    deployment.runtime.send(&[close], &[&owner]).unwrap();
}

/// Whoever pays for a verification is who opened the buffer, not somebody named beside them.
#[test]
fn the_owner_of_a_buffer_signs_its_verification() {
    let mut uploaded = Uploaded::new();
    let stranger = uploaded.deployment.runtime.funded();
    let mut verify = uploaded.instruction();
    verify.accounts[OWNER].is_signer = false;
    let result = uploaded.deployment.runtime.send(&[verify], &[&stranger]);
    assert_code(result, ErrorCode::AccountNotSigner.into());
    let mut verify = uploaded.instruction();
    verify.accounts[OWNER].pubkey = stranger.pubkey();
    let result = uploaded.deployment.runtime.send(&[verify], &[&stranger]);
    assert_refused(result, VeilpassError::NotBufferOwner);
    uploaded.verify().unwrap();
}
