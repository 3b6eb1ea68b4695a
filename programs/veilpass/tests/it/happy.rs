//! What should work.

use solana_signer::Signer;
use veilpass_chain::{Event, Format, buffer_space, close_nullifier, proof_buffer_address, verify_ownership};
use veilpass_svm::{Listener, ProofMaker};

use crate::support::{proof_for_now, ready, registry};

#[test]
fn a_proof_is_verified_in_one_transaction() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    let before = deployment.runtime.balance(&owner.pubkey());
    let landed = deployment.verify(&owner, &submission).unwrap();
    println!("verified in {} compute units", landed.compute_units);

    let inputs = &submission.public_inputs;
    let receipt = deployment.receipt(&submission).unwrap();
    assert_eq!(receipt.nullifier, inputs.nullifier.to_be_bytes());
    assert_eq!(receipt.track_id, inputs.track_id.to_be_bytes());
    assert_eq!(receipt.context, inputs.context.to_be_bytes());
    assert_eq!((receipt.epoch, receipt.root_sequence), (inputs.epoch.0, 1));
    assert_eq!((receipt.payer, receipt.verified_at), (owner.pubkey(), deployment.runtime.time()));

    let [Event::OwnershipVerified(event)] = &landed.events[..] else { panic!("one event") };
    assert_eq!(event.registry_id, inputs.registry_id.to_be_bytes());
    assert_eq!((event.nullifier, event.context), (receipt.nullifier, receipt.context));
    assert_eq!((event.track_id, event.epoch), (receipt.track_id, receipt.epoch));
    assert_eq!((event.root_sequence, event.slot), (1, receipt.slot));

    // The buffer is gone and its rent is back: what is missing is the nullifier's rent and fees.
    let buffer = proof_buffer_address(&owner.pubkey(), "proof");
    assert!(deployment.runtime.account(&buffer).is_none());
    let spent = before - deployment.runtime.balance(&owner.pubkey());
    let nullifier_rent = deployment.runtime.rent(8 + size_of::<veilpass_chain::Nullifier>());
    assert!(spent > nullifier_rent && spent < nullifier_rent + 200_000, "{spent}");
    assert!(spent < deployment.runtime.rent(buffer_space()));
}

#[test]
fn a_proof_is_uploaded_in_large_transactions_too() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    let plan = deployment.upload(Format::V1, &owner, "large", &submission).unwrap();
    assert!(plan.transactions.len() <= 4, "{} transactions", plan.transactions.len());
    let verify = verify_ownership(owner.pubkey(), plan.buffer, &submission.public_inputs, 1);
    deployment.runtime.send_as(Format::V1, &[verify], &[&owner]).unwrap();
    assert!(deployment.receipt(&submission).is_some());
}

/// Different listeners, tracks, epochs, registries, sessions, trees.
#[test]
fn fifty_different_proofs_are_accepted() {
    let (mut deployment, _, owner) = ready();
    deployment.add_registry(registry(2)).unwrap();
    let mut accepted = 0;
    let (mut least, mut most) = (u64::MAX, 0);
    for batch in 0..5u8 {
        let tracks = ["first-light", "night-bus", "salt-and-static"];
        let count = 5 + 40 * usize::from(batch);
        let listeners = (0..count).map(|i| Listener::new(i as u8 ^ batch, tracks[i % 3])).collect();
        let mut maker = ProofMaker::new(listeners).unwrap();
        for number in [1, 2] {
            deployment.registry = registry(number);
            deployment.publish(maker.root()).unwrap();
            for listener in 0..5 {
                let session = u64::from(batch) << 32 | listener as u64;
                let submission = maker.submission(listener, deployment.registry, deployment.epoch(), session).unwrap();
                let landed = deployment.verify(&owner, &submission).unwrap();
                (least, most) = (least.min(landed.compute_units), most.max(landed.compute_units));
                accepted += 1;
            }
        }
        // The next day: another epoch.
        let tomorrow = deployment.runtime.time() + 86_400;
        deployment.runtime.set_time(tomorrow);
    }
    println!("{accepted} proofs accepted, {least} to {most} compute units");
    assert_eq!(accepted, 50);
}

#[test]
fn money_at_the_address_of_a_nullifier_does_not_prevent_it() {
    let (mut deployment, mut maker, owner) = ready();
    let rent = 2_282_880;
    for (listener, lamports) in [(0, 1_000), (1, rent), (2, 10_000_000_000)] {
        let submission = maker.submission(listener, deployment.registry, deployment.epoch(), 1).unwrap();
        let account = veilpass_chain::registry_address(deployment.registry);
        let address = veilpass_chain::nullifier_address(&account, submission.public_inputs.nullifier);
        deployment.runtime.set_account(address, solana_account::Account { lamports, ..Default::default() });
        deployment.verify(&owner, &submission).unwrap();
        assert!(deployment.receipt(&submission).is_some());
        assert_eq!(deployment.runtime.balance(&address), rent.max(lamports), "what is missing, and no more");
    }
}

#[test]
fn the_rent_of_a_nullifier_comes_back_when_its_epoch_is_over() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    deployment.verify(&owner, &submission).unwrap();
    let later = deployment.runtime.time() + 2 * 86_400;
    deployment.runtime.set_time(later);
    let before = deployment.runtime.balance(&owner.pubkey());
    let close = close_nullifier(owner.pubkey(), deployment.registry, submission.public_inputs.nullifier);
    deployment.runtime.send(&[close], &[&owner]).unwrap();
    assert!(deployment.receipt(&submission).is_none());
    assert!(deployment.runtime.balance(&owner.pubkey()) > before);
}
