//! A nullifier is burnt once.

use solana_signer::Signer;
use veilpass_chain::{Format, close_nullifier, nullifier_address, registry_address, verify_ownership};
use veilpass_program::error::VeilpassError;

use crate::support::{assert_refused, proof_for_now, ready, registry};

#[test]
fn a_replay_is_refused() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    deployment.verify(&owner, &submission).unwrap();
    assert_refused(deployment.verify(&owner, &submission), VeilpassError::NullifierUsed);
    // By somebody else, or with another proof of the same identity, track and epoch: another session.
    let stranger = deployment.runtime.funded();
    assert_refused(deployment.verify(&stranger, &submission), VeilpassError::NullifierUsed);
    let again = maker.submission(0, deployment.registry, deployment.epoch(), 8).unwrap();
    let stranger = deployment.runtime.funded();
    assert_refused(deployment.verify(&stranger, &again), VeilpassError::NullifierUsed);
    // Under a newer root, too.
    deployment.publish(maker.root()).unwrap();
    let buffer = veilpass_chain::proof_buffer_address(&stranger.pubkey(), "proof");
    let verify = verify_ownership(stranger.pubkey(), buffer, &again.public_inputs, 2);
    assert_refused(deployment.runtime.send(&[verify], &[&stranger]), VeilpassError::NullifierUsed);
}

#[test]
fn a_proof_is_for_one_registry() {
    let (mut deployment, mut maker, owner) = ready();
    deployment.add_registry(registry(2)).unwrap();
    let submission = proof_for_now(&deployment, &mut maker);
    let plan = deployment.upload(Format::V1, &owner, "proof", &submission).unwrap();
    // The same root, in the other registry.
    deployment.registry = registry(2);
    deployment.publish(maker.root()).unwrap();
    let other = registry_address(registry(2));
    let mut verify = verify_ownership(owner.pubkey(), plan.buffer, &submission.public_inputs, 1);
    verify.accounts[0].pubkey = other;
    verify.accounts[3].pubkey = nullifier_address(&other, submission.public_inputs.nullifier);
    assert_refused(deployment.runtime.send(&[verify], &[&owner]), VeilpassError::WrongRegistry);
    let mut inputs = submission.public_inputs;
    inputs.registry_id = registry(2);
    let verify = verify_ownership(owner.pubkey(), plan.buffer, &inputs, 1);
    assert_refused(deployment.runtime.send(&[verify], &[&owner]), VeilpassError::ProofSumcheck);
}

#[test]
fn another_address_in_place_of_the_nullifier_is_refused() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    deployment.verify(&owner, &submission).unwrap();
    let plan = deployment.upload(Format::V1, &owner, "proof", &submission).unwrap();
    let mut verify = verify_ownership(owner.pubkey(), plan.buffer, &submission.public_inputs, 1);
    for address in [solana_address::Address::new_unique(), owner.pubkey()] {
        verify.accounts[3].pubkey = address;
        // Anchor's ConstraintSeeds.
        crate::support::assert_code(deployment.runtime.send(&[verify.clone()], &[&owner]), 2006);
    }
}

#[test]
fn a_nullifier_is_closed_by_its_payer_when_its_epoch_is_over_for_good() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    deployment.verify(&owner, &submission).unwrap();
    let close = |payer| close_nullifier(payer, deployment.registry, submission.public_inputs.nullifier);
    let (ours, stranger) = (close(owner.pubkey()), deployment.runtime.funded());
    let theirs = close_nullifier(stranger.pubkey(), deployment.registry, submission.public_inputs.nullifier);
    let epoch_end = (submission.public_inputs.epoch.0 + 1) as i64 * 86_400;
    // Within the epoch, within its grace, after its grace but in the next epoch (a margin), at its very end.
    for time in [deployment.runtime.time(), epoch_end, epoch_end + 3_600, epoch_end + 86_399] {
        deployment.runtime.set_time(time);
        assert_refused(deployment.runtime.send(std::slice::from_ref(&ours), &[&owner]), VeilpassError::NullifierInUse);
    }
    deployment.runtime.set_time(epoch_end + 86_400);
    assert_refused(deployment.runtime.send(&[theirs], &[&stranger]), VeilpassError::NotPayer);
    // Another registry, whose epochs may be shorter.
    deployment.add_registry(registry(2)).unwrap();
    let mut foreign = ours.clone();
    foreign.accounts[0].pubkey = registry_address(registry(2));
    assert_refused(deployment.runtime.send(&[foreign], &[&owner]), VeilpassError::WrongRegistry);
    deployment.runtime.send(&[ours], &[&owner]).unwrap();
    // The proof is of no use any more.
    assert_refused(deployment.verify(&owner, &submission), VeilpassError::StaleEpoch);
}
