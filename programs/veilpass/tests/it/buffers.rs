//! Proof buffers: who may write, use and close them.

use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;
use veilpass_chain::{
    BUFFER_BYTES, Format, PROGRAM_ID, close_proof_buffer, open_proof_buffer, registry_address, verify_ownership,
    write_proof_buffer,
};
use veilpass_program::error::VeilpassError;

use crate::support::{Uploaded, assert_code, assert_refused};

/// Anchor's codes.
const CONSTRAINT_ZERO: u32 = 2013;
const DISCRIMINATOR_MISMATCH: u32 = 3002;
const OWNED_BY_WRONG_PROGRAM: u32 = 3007;
const ACCOUNT_NOT_SIGNER: u32 = 3010;

#[test]
fn a_stranger_can_do_nothing_with_a_buffer() {
    let mut uploaded = Uploaded::new();
    let stranger = uploaded.deployment.runtime.funded();
    let before = uploaded.deployment.runtime.account(&uploaded.buffer).unwrap();
    let (buffer, inputs) = (uploaded.buffer, uploaded.submission.public_inputs);
    for instruction in [
        write_proof_buffer(stranger.pubkey(), buffer, 0, &[1]),
        close_proof_buffer(stranger.pubkey(), buffer),
        verify_ownership(stranger.pubkey(), buffer, &inputs, 1),
    ] {
        let result = uploaded.deployment.runtime.send(&[instruction], &[&stranger]);
        assert_refused(result, VeilpassError::NotBufferOwner);
    }
    // In the owner's name, but without the owner's signature.
    for mut instruction in [
        write_proof_buffer(uploaded.owner.pubkey(), buffer, 0, &[1]),
        close_proof_buffer(uploaded.owner.pubkey(), buffer),
        uploaded.instruction(),
    ] {
        for meta in &mut instruction.accounts {
            meta.is_signer = false;
        }
        assert_code(uploaded.deployment.runtime.send(&[instruction], &[&stranger]), ACCOUNT_NOT_SIGNER);
    }
    // Opening it again.
    let open = open_proof_buffer(stranger.pubkey(), buffer);
    assert_code(uploaded.deployment.runtime.send(&[open], &[&stranger]), CONSTRAINT_ZERO);
    assert_eq!(uploaded.deployment.runtime.account(&buffer).unwrap(), before);
    uploaded.verify().unwrap();
}

#[test]
fn a_buffer_is_written_within_its_bounds() {
    let mut uploaded = Uploaded::new();
    let owner = uploaded.owner.pubkey();
    for (offset, bytes) in [(BUFFER_BYTES as u32, 1), (BUFFER_BYTES as u32 - 3, 4), (u32::MAX, 1), (1 << 31, 100)] {
        let write = write_proof_buffer(owner, uploaded.buffer, offset, &vec![0; bytes]);
        let result = uploaded.deployment.runtime.send(&[write], &[&uploaded.owner]);
        assert_refused(result, VeilpassError::BufferRange);
    }
    let last = *uploaded.submission.content().last().unwrap();
    uploaded.write(BUFFER_BYTES - 1, &[last]);
    uploaded.write(BUFFER_BYTES, &[]);
    uploaded.verify().unwrap();
}

#[test]
fn a_buffer_can_be_mended_and_used_until_it_is_verified() {
    let mut uploaded = Uploaded::new();
    let content = uploaded.submission.content().to_vec();
    // A chunk that never arrived.
    uploaded.write(2048, &[0; 512]);
    assert_refused(uploaded.verify(), VeilpassError::ProofSumcheck);
    uploaded.write(2048, &content[2048..2560]);
    uploaded.verify().unwrap();
    // It is closed then.
    assert!(uploaded.deployment.runtime.account(&uploaded.buffer).is_none());
    assert_code(uploaded.verify(), OWNED_BY_WRONG_PROGRAM);
}

#[test]
fn a_buffer_is_swapped_in_vain() {
    let mut uploaded = Uploaded::new();
    // Another listener's proof, in another buffer of the same owner, with this listener's statement.
    let (_, mut maker, _) = crate::support::ready();
    let deployment = &mut uploaded.deployment;
    let other = maker.submission(1, deployment.registry, deployment.epoch(), 7).unwrap();
    let plan = deployment.upload(Format::Legacy, &uploaded.owner, "other", &other).unwrap();
    let swapped = verify_ownership(uploaded.owner.pubkey(), plan.buffer, &uploaded.submission.public_inputs, 1);
    assert_refused(deployment.runtime.send(&[swapped], &[&uploaded.owner]), VeilpassError::ProofSumcheck);
    // Overwritten between its upload and its verification, in the same transaction.
    let write = write_proof_buffer(uploaded.owner.pubkey(), uploaded.buffer, 400, &other.content()[400..900]);
    let verify = uploaded.instruction();
    let result = uploaded.deployment.runtime.send(&[write, verify], &[&uploaded.owner]);
    assert_refused(result, VeilpassError::ProofSumcheck);
    // A failed transaction leaves the buffer as it was.
    uploaded.verify().unwrap();
}

#[test]
fn an_account_of_another_program_or_kind_is_no_buffer() {
    let mut uploaded = Uploaded::new();
    let inputs = uploaded.submission.public_inputs;
    let honest = uploaded.deployment.runtime.account(&uploaded.buffer).unwrap();
    let copy = Address::new_unique();
    uploaded.deployment.runtime.set_account(copy, Account { owner: Address::new_unique(), ..honest });
    let verify = verify_ownership(uploaded.owner.pubkey(), copy, &inputs, 1);
    assert_code(uploaded.deployment.runtime.send(&[verify], &[&uploaded.owner]), OWNED_BY_WRONG_PROGRAM);
    let registry = registry_address(uploaded.deployment.registry);
    let verify = verify_ownership(uploaded.owner.pubkey(), registry, &inputs, 1);
    assert_code(uploaded.deployment.runtime.send(&[verify], &[&uploaded.owner]), DISCRIMINATOR_MISMATCH);
    // A buffer in the registry's place.
    let mut verify = uploaded.instruction();
    verify.accounts[0].pubkey = uploaded.buffer;
    assert_code(uploaded.deployment.runtime.send(&[verify], &[&uploaded.owner]), DISCRIMINATOR_MISMATCH);
    assert_eq!(uploaded.deployment.runtime.account(&registry).unwrap().owner, PROGRAM_ID);
}

#[test]
fn closing_a_buffer_returns_all_of_its_rent_to_its_owner() {
    let mut uploaded = Uploaded::new();
    let rent = uploaded.deployment.runtime.balance(&uploaded.buffer);
    let owner = uploaded.owner.pubkey();
    let before = uploaded.deployment.runtime.balance(&owner);
    let close = close_proof_buffer(owner, uploaded.buffer);
    uploaded.deployment.runtime.send(&[close], &[&uploaded.owner]).unwrap();
    let fee = 5_000;
    assert_eq!(uploaded.deployment.runtime.balance(&owner), before + rent - fee);
    assert!(uploaded.deployment.runtime.account(&uploaded.buffer).is_none());
}
