//! Opening a proof buffer: the account that the system program makes for it.

use anchor_lang::error::ErrorCode;
use solana_account::Account;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use veilpass_chain::{
    Format, PROGRAM_ID, UploadPlan, buffer_space, close_proof_buffer, open_proof_buffer, proof_buffer_address,
};
use veilpass_program::error::VeilpassError;
use veilpass_svm::Deployment;

use crate::support::{Uploaded, assert_code, assert_refused, proof_for_now, ready};

/// Puts an account there, and has its owner-to-be open it.
fn open(deployment: &mut Deployment, owner: &Keypair, bytes: usize, program: Address) -> Result<(), Option<u32>> {
    let address = Address::new_unique();
    let lamports = deployment.runtime.rent(bytes);
    let account = Account { lamports, data: vec![0; bytes], owner: program, ..Default::default() };
    deployment.runtime.set_account(address, account);
    let open = open_proof_buffer(owner.pubkey(), address);
    deployment.runtime.send(&[open], &[owner]).map(drop).map_err(|refused| refused.code)
}

#[test]
fn only_a_new_account_of_the_program_with_room_for_a_proof_is_opened() {
    let (mut deployment, _, owner) = ready();
    let code = |error: ErrorCode| Err(Some(error.into()));
    let space = buffer_space();
    let short = code(ErrorCode::AccountDidNotDeserialize);
    assert_eq!(open(&mut deployment, &owner, space - 1, PROGRAM_ID), short);
    assert_eq!(open(&mut deployment, &owner, 8, PROGRAM_ID), short);
    let foreign = code(ErrorCode::AccountOwnedByWrongProgram);
    assert_eq!(open(&mut deployment, &owner, space, Address::new_unique()), foreign);
    assert_eq!(open(&mut deployment, &owner, space, Address::default()), foreign);
    assert_eq!(open(&mut deployment, &owner, space, PROGRAM_ID), Ok(()));
    // In somebody's name, but without their signature.
    let mut unsigned = open_proof_buffer(owner.pubkey(), Address::new_unique());
    let lamports = deployment.runtime.rent(space);
    let account = Account { lamports, data: vec![0; space], owner: PROGRAM_ID, ..Default::default() };
    deployment.runtime.set_account(unsigned.accounts[0].pubkey, account);
    unsigned.accounts[1].is_signer = false;
    let stranger = deployment.runtime.funded();
    assert_code(deployment.runtime.send(&[unsigned], &[&stranger]), ErrorCode::AccountNotSigner.into());
}

#[test]
fn a_buffer_is_opened_once() {
    let mut uploaded = Uploaded::new();
    let before = uploaded.deployment.runtime.account(&uploaded.buffer).unwrap();
    let open = open_proof_buffer(uploaded.owner.pubkey(), uploaded.buffer);
    let result = uploaded.deployment.runtime.send(&[open], &[&uploaded.owner]);
    assert_code(result, ErrorCode::ConstraintZero.into());
    assert_eq!(uploaded.deployment.runtime.account(&uploaded.buffer).unwrap(), before);
    uploaded.verify().unwrap();
}

/// An account that is made in one transaction and opened in the next belongs to whoever opens it first. So the plan does both
/// in its first transaction.
#[test]
fn a_buffer_is_made_and_opened_in_one_transaction() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    let stranger = deployment.runtime.funded();
    for format in [Format::Legacy, Format::V1] {
        let rent = deployment.runtime.rent(buffer_space());
        let plan = UploadPlan::new(format, &owner.pubkey(), "proof", &submission, rent);
        let [create, open, ..] = &plan.transactions[0][..] else { panic!("made, opened") };
        assert_eq!((create.program_id, open), (Address::default(), &open_proof_buffer(owner.pubkey(), plan.buffer)));
        deployment.runtime.send_as(format, &plan.transactions[0], &[&owner]).unwrap();
        let take = open_proof_buffer(stranger.pubkey(), plan.buffer);
        assert_code(deployment.runtime.send(&[take], &[&stranger]), ErrorCode::ConstraintZero.into());
        let close = close_proof_buffer(owner.pubkey(), plan.buffer);
        deployment.runtime.send(&[close], &[&owner]).unwrap();
        // Closed, it can be made again at the same address.
    }
}

/// Anybody can send money to an address before an account is made there. Then another seed is needed.
#[test]
fn money_at_the_address_of_a_buffer_costs_its_seed_only() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    let address = proof_buffer_address(&owner.pubkey(), "guessed");
    deployment.runtime.set_account(address, Account { lamports: 1, ..Default::default() });
    // The system program's AccountAlreadyInUse.
    let refused = deployment.upload(Format::V1, &owner, "guessed", &submission).err().unwrap();
    assert_eq!(refused.code, Some(0), "{:?}", refused.error);
    deployment.upload(Format::V1, &owner, "another", &submission).unwrap();
}

/// The address is derived from the owner, who signs for it: nobody makes an account at another's.
#[test]
fn a_buffer_at_anothers_address_is_not_made() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    let stranger = deployment.runtime.funded();
    let plan =
        UploadPlan::new(Format::V1, &owner.pubkey(), "proof", &submission, deployment.runtime.rent(buffer_space()));
    let mut create = plan.transactions[0][0].clone();
    create.accounts[0].pubkey = stranger.pubkey();
    for meta in &mut create.accounts {
        meta.is_signer = meta.pubkey == stranger.pubkey();
    }
    let refused = deployment.runtime.send(&[create], &[&stranger]).err().unwrap();
    assert_eq!(refused.code, None);
    let text = format!("{:?}", refused.error);
    assert!(text.contains("MissingRequiredSignature"), "{text}");
}

/// In one transaction: what is closed is not verified, and what is verified is not closed again.
#[test]
fn a_closed_buffer_is_of_no_use_in_the_same_transaction() {
    let mut uploaded = Uploaded::new();
    let close = close_proof_buffer(uploaded.owner.pubkey(), uploaded.buffer);
    let verify = uploaded.instruction();
    for pair in [[close.clone(), verify.clone()], [verify, close]] {
        let result = uploaded.deployment.runtime.send(&pair, &[&uploaded.owner]);
        assert_code(result, ErrorCode::AccountOwnedByWrongProgram.into());
    }
    assert!(uploaded.deployment.receipt(&uploaded.submission).is_none());
    uploaded.verify().unwrap();
}

/// Chunks may come in any order, again, and late; what counts is what is there when the proof is checked.
#[test]
fn an_incomplete_upload_is_refused_wherever_it_ends() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    let plan =
        UploadPlan::new(Format::Legacy, &owner.pubkey(), "proof", &submission, deployment.runtime.rent(buffer_space()));
    let verify = veilpass_chain::verify_ownership(owner.pubkey(), plan.buffer, &submission.public_inputs, 1);
    let (first, rest) = plan.transactions.split_first().unwrap();
    deployment.runtime.send(first, &[&owner]).unwrap();
    // Backwards: the hints first. What is missing at each step is in the proof.
    for chunk in rest.iter().rev() {
        let result = deployment.runtime.send(std::slice::from_ref(&verify), &[&owner]);
        assert_refused(result, VeilpassError::ProofSumcheck);
        deployment.runtime.send(chunk, &[&owner]).unwrap();
    }
    deployment.runtime.send(&[verify], &[&owner]).unwrap();
}
