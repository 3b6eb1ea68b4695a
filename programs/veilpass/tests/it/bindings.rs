//! Statements that the registry would accept, but that are not what was proved; and roots by their numbers.

use solana_instruction_error::InstructionError;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;
use veilpass_chain::{Format, revoke_before, verify_ownership};
use veilpass_program::error::VeilpassError;
use veilpass_protocol::{Epoch, FieldElement, MerkleRoot};
use veilpass_svm::{Deployment, Listener, ProofMaker};

use crate::support::{Uploaded, alias, assert_refused, proof_for_now, ready, registry};

fn root(number: u64) -> MerkleRoot {
    MerkleRoot::new(FieldElement::from_u64(number))
}

/// The cheap checks of the root hold: only the proof tells.
#[test]
fn a_proof_is_under_one_root() {
    let mut uploaded = Uploaded::new();
    let listeners = (1..=4).map(|number| Listener::new(number, "first-light")).collect();
    let grown = ProofMaker::new(listeners).unwrap().root();
    uploaded.deployment.publish(grown).unwrap();
    let mut inputs = uploaded.submission.public_inputs;
    inputs.merkle_root = grown;
    let verify = verify_ownership(uploaded.owner.pubkey(), uploaded.buffer, &inputs, 2);
    let result = uploaded.deployment.runtime.send(&[verify], &[&uploaded.owner]);
    assert_refused(result, VeilpassError::ProofSumcheck);
    // The older root is still in the ring.
    uploaded.verify().unwrap();
}

/// Within the grace two epochs are accepted: neither's proof is one for the other, or an identity could be spent twice.
#[test]
fn a_proof_is_for_one_epoch() {
    let (mut deployment, mut maker, owner) = ready();
    let epoch = deployment.epoch();
    let end = (epoch.0 as i64 + 1) * 86_400;
    deployment.runtime.set_time(end);
    for (proved, claimed) in [(epoch, Epoch(epoch.0 + 1)), (Epoch(epoch.0 + 1), epoch)] {
        let submission = maker.submission(0, deployment.registry, proved, 7).unwrap();
        let seed = format!("{}", proved.0);
        let plan = deployment.upload(Format::V1, &owner, &seed, &submission).unwrap();
        let mut inputs = submission.public_inputs;
        inputs.epoch = claimed;
        let verify = verify_ownership(owner.pubkey(), plan.buffer, &inputs, 1);
        assert_refused(deployment.runtime.send(&[verify], &[&owner]), VeilpassError::ProofSumcheck);
        let verify = verify_ownership(owner.pubkey(), plan.buffer, &submission.public_inputs, 1);
        deployment.runtime.send(&[verify], &[&owner]).unwrap();
    }
}

/// The same residue is another address: without the check of canonical form a nullifier could be burnt five times.
#[test]
fn a_burnt_nullifier_has_no_alias() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    deployment.verify(&owner, &submission).unwrap();
    let buffer = deployment.upload(Format::V1, &owner, "again", &submission).unwrap().buffer;
    let mut uploaded = Uploaded { deployment, owner, buffer, submission };
    let mut words = uploaded.words();
    assert_refused(uploaded.verify_words(words), VeilpassError::NullifierUsed);
    // As often as r fits above it in 256 bits.
    for _ in 0..4 {
        words[4] = alias(&words[4]);
        assert_refused(uploaded.verify_words(words), VeilpassError::NotCanonical);
    }
}

#[test]
fn a_root_goes_by_its_own_number() {
    let mut uploaded = Uploaded::new();
    for number in 2..=3 {
        uploaded.deployment.publish(root(number)).unwrap();
    }
    let inputs = uploaded.submission.public_inputs;
    let verify = |uploaded: &mut Uploaded, number| {
        let verify = verify_ownership(uploaded.owner.pubkey(), uploaded.buffer, &inputs, number);
        uploaded.deployment.runtime.send(&[verify], &[&uploaded.owner])
    };
    // Others' numbers, none's, those that share its place in the ring, those to come.
    for number in [0, 2, 3, 4, 64, 65, 129, u64::MAX, u64::MAX - 62] {
        assert_refused(verify(&mut uploaded, number), VeilpassError::UnknownRoot);
    }
    verify(&mut uploaded, 1).unwrap();
}

/// A registry before its first root is full of zeros.
#[test]
fn an_empty_ring_holds_no_root() {
    let mut deployment = Deployment::new(registry(1)).unwrap();
    let listeners = vec![Listener::new(1, "first-light")];
    let submission = proof_for_now(&deployment, &mut ProofMaker::new(listeners).unwrap());
    let owner = deployment.runtime.funded();
    let plan = deployment.upload(Format::V1, &owner, "proof", &submission).unwrap();
    let mut inputs = submission.public_inputs;
    for merkle_root in [root(0), submission.public_inputs.merkle_root] {
        inputs.merkle_root = merkle_root;
        for number in [0, 1, 64] {
            let verify = verify_ownership(owner.pubkey(), plan.buffer, &inputs, number);
            assert_refused(deployment.runtime.send(&[verify], &[&owner]), VeilpassError::UnknownRoot);
        }
    }
}

/// The same tree may be published again. A revocation ends the number, not the value.
#[test]
fn a_root_that_is_published_again_counts_by_its_new_number() {
    let mut uploaded = Uploaded::new();
    let publisher = uploaded.deployment.publisher.insecure_clone();
    let same = uploaded.submission.public_inputs.merkle_root;
    uploaded.deployment.publish(same).unwrap();
    let revoke = revoke_before(publisher.pubkey(), registry(1), 2);
    uploaded.deployment.runtime.send(&[revoke], &[&publisher]).unwrap();
    assert_refused(uploaded.verify(), VeilpassError::RootRevoked);
    let inputs = uploaded.submission.public_inputs;
    let verify = verify_ownership(uploaded.owner.pubkey(), uploaded.buffer, &inputs, 2);
    uploaded.deployment.runtime.send(&[verify], &[&uploaded.owner]).unwrap();
}

/// The second finds what the first did, and takes the first with it.
#[test]
fn a_nullifier_is_not_burnt_twice_in_one_transaction() {
    let mut uploaded = Uploaded::new();
    let other = uploaded.deployment.upload(Format::V1, &uploaded.owner, "other", &uploaded.submission).unwrap();
    let inputs = uploaded.submission.public_inputs;
    let both = [uploaded.instruction(), verify_ownership(uploaded.owner.pubkey(), other.buffer, &inputs, 1)];
    let refused = uploaded.deployment.runtime.send(&both, &[&uploaded.owner]).err().unwrap();
    // Index 0 is the compute budget.
    let used = InstructionError::Custom(VeilpassError::NullifierUsed.into());
    assert_eq!(refused.error, TransactionError::InstructionError(2, used));
    assert!(uploaded.deployment.receipt(&uploaded.submission).is_none());
    uploaded.verify().unwrap();
}

/// Cheap checks come first: a statement that the registry refuses does not pay for a proof.
#[test]
fn what_is_refused_early_costs_little() {
    let mut uploaded = Uploaded::new();
    let full = uploaded.deployment.runtime.send(&[uploaded.instruction()], &[&uploaded.owner]).unwrap().compute_units;
    let mut uploaded = Uploaded::new();
    let honest = uploaded.words();
    for index in [0, 1, 3] {
        let mut words = honest;
        words[index][31] ^= 1;
        let refused = uploaded.verify_words(words).err().unwrap();
        assert!(refused.compute_units < full / 40, "{} of {full}", refused.compute_units);
    }
}
