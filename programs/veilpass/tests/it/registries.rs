//! Registries: roots, revocation, who may do what.

use anchor_lang::error::ErrorCode;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_signer::Signer;
use veilpass_chain::{
    Event, PROGRAM_ID, RegistryParameters, accept_authority, event_authority, initialize_registry, offer_authority,
    publish_root, registry_address, revoke_before, set_paused, set_publisher,
};
use veilpass_program::error::VeilpassError;
use veilpass_protocol::{FieldElement, MerkleRoot};
use veilpass_svm::Deployment;

use crate::support::{Uploaded, alias, assert_code, assert_refused, proof_for_now, ready, registry};

fn root(number: u64) -> MerkleRoot {
    MerkleRoot::new(FieldElement::from_u64(number))
}

#[test]
fn a_root_is_published_once() {
    let mut deployment = Deployment::new(registry(1)).unwrap();
    let landed = deployment.publish_after(0, root(5)).unwrap();
    let [Event::MerkleRootUpdated(event)] = &landed.events[..] else { panic!("one event") };
    assert_eq!((event.sequence, event.min_root_sequence, event.root), (1, 0, root(5).to_be_bytes()));
    assert_eq!(event.expires_at, deployment.runtime.time() + 7 * 86_400);
    // A retry, and one that is ahead.
    assert_refused(deployment.publish_after(0, root(5)), VeilpassError::SequenceMismatch);
    assert_refused(deployment.publish_after(2, root(5)), VeilpassError::SequenceMismatch);
    assert_eq!(deployment.state().sequence, 1);
    deployment.publish_after(1, root(6)).unwrap();
    assert_eq!(deployment.state().roots[2].root, root(6).to_be_bytes());
}

#[test]
fn what_is_no_root_is_refused() {
    let mut deployment = Deployment::new(registry(1)).unwrap();
    assert_refused(deployment.publish(root(0)), VeilpassError::EmptyRoot);
    let mut publish = publish_root(deployment.publisher.pubkey(), registry(1), 0, root(5), false);
    let aliased = alias(&root(5).to_be_bytes());
    publish.data[16..48].copy_from_slice(&aliased);
    let result = deployment.runtime.send(&[publish], &[&deployment.publisher]);
    assert_refused(result, VeilpassError::NotCanonical);
}

#[test]
fn only_the_publisher_publishes_and_only_the_authority_decides() {
    let mut deployment = Deployment::new(registry(1)).unwrap();
    let stranger = deployment.runtime.funded();
    let address = stranger.pubkey();
    for (instruction, error) in [
        (publish_root(address, registry(1), 0, root(5), false), VeilpassError::NotPublisher),
        (revoke_before(address, registry(1), 0), VeilpassError::NotPublisher),
        (set_publisher(address, registry(1), address), VeilpassError::NotAuthority),
        (set_paused(address, registry(1), true), VeilpassError::NotAuthority),
        (offer_authority(address, registry(1), address), VeilpassError::NotAuthority),
        (accept_authority(address, registry(1)), VeilpassError::NotOffered),
    ] {
        assert_refused(deployment.runtime.send(&[instruction], &[&stranger]), error);
    }
    // The authority is not the publisher, until it says so.
    let authority = deployment.authority.pubkey();
    let publish = publish_root(authority, registry(1), 0, root(5), false);
    let result = deployment.runtime.send(std::slice::from_ref(&publish), &[&deployment.authority]);
    assert_refused(result, VeilpassError::NotPublisher);
    let set = set_publisher(authority, registry(1), authority);
    deployment.runtime.send(&[set, publish], &[&deployment.authority]).unwrap();

    // Handing over takes both.
    let offer = offer_authority(authority, registry(1), address);
    deployment.runtime.send(&[offer], &[&deployment.authority]).unwrap();
    assert_eq!(deployment.state().authority, authority);
    deployment.runtime.send(&[accept_authority(address, registry(1))], &[&stranger]).unwrap();
    assert_eq!(deployment.state().authority, address);
    let again = accept_authority(address, registry(1));
    assert_refused(deployment.runtime.send(&[again], &[&stranger]), VeilpassError::NotOffered);
    let late = set_paused(authority, registry(1), true);
    assert_refused(deployment.runtime.send(&[late], &[&deployment.authority]), VeilpassError::NotAuthority);
}

#[test]
fn the_ring_remembers_64_roots() {
    let (mut deployment, mut maker, owner) = ready();
    let submission = proof_for_now(&deployment, &mut maker);
    for number in 2..=64 {
        deployment.publish(root(number)).unwrap();
    }
    let other = maker.submission(1, deployment.registry, deployment.epoch(), 1).unwrap();
    let verify = |deployment: &mut Deployment, submission, seed: &str| {
        let plan = deployment.upload(veilpass_chain::Format::V1, &owner, seed, submission).unwrap();
        let inputs = &submission.public_inputs;
        let verify = veilpass_chain::verify_ownership(owner.pubkey(), plan.buffer, inputs, 1);
        deployment.runtime.send(&[verify], &[&owner])
    };
    verify(&mut deployment, &submission, "first").unwrap();
    deployment.publish(root(65)).unwrap();
    assert_refused(verify(&mut deployment, &other, "second"), VeilpassError::UnknownRoot);
}

#[test]
fn a_revoked_root_is_refused() {
    let mut uploaded = Uploaded::new();
    let publisher = uploaded.deployment.publisher.pubkey();
    // Nothing to revoke beyond the newest root, and no way back.
    let revoke = |sequence| revoke_before(publisher, registry(1), sequence);
    let key = uploaded.deployment.publisher.insecure_clone();
    assert_refused(uploaded.deployment.runtime.send(&[revoke(2)], &[&key]), VeilpassError::RevocationRange);
    uploaded.deployment.publish(root(9)).unwrap();
    let landed = uploaded.deployment.runtime.send(&[revoke(2)], &[&key]).unwrap();
    let [Event::RootsRevoked(event)] = &landed.events[..] else { panic!("one event") };
    assert_eq!(event.min_root_sequence, 2);
    assert_refused(uploaded.deployment.runtime.send(&[revoke(1)], &[&key]), VeilpassError::RevocationRange);
    assert_refused(uploaded.verify(), VeilpassError::RootRevoked);
}

/// A revocation must not wait for a publisher who is lost or has turned.
#[test]
fn the_authority_revokes_too() {
    let mut uploaded = Uploaded::new();
    uploaded.deployment.publish(root(9)).unwrap();
    let authority = uploaded.deployment.authority.insecure_clone();
    let revoke = revoke_before(authority.pubkey(), registry(1), 2);
    uploaded.deployment.runtime.send(&[revoke], &[&authority]).unwrap();
    assert_eq!(uploaded.deployment.state().min_root_sequence, 2);
    assert_refused(uploaded.verify(), VeilpassError::RootRevoked);
}

#[test]
fn a_root_can_revoke_all_earlier_ones_as_it_is_published() {
    let mut uploaded = Uploaded::new();
    let key = uploaded.deployment.publisher.insecure_clone();
    let publish = publish_root(key.pubkey(), registry(1), 1, root(9), true);
    let landed = uploaded.deployment.runtime.send(&[publish], &[&key]).unwrap();
    let [Event::MerkleRootUpdated(event)] = &landed.events[..] else { panic!("one event") };
    assert_eq!((event.sequence, event.min_root_sequence), (2, 2));
    assert_refused(uploaded.verify(), VeilpassError::RootRevoked);
}

#[test]
fn a_paused_registry_verifies_nothing() {
    let mut uploaded = Uploaded::new();
    let authority = uploaded.deployment.authority.insecure_clone();
    for (paused, error) in [(true, Some(VeilpassError::Paused)), (false, None)] {
        let set = set_paused(authority.pubkey(), registry(1), paused);
        uploaded.deployment.runtime.send(&[set], &[&authority]).unwrap();
        match error {
            Some(error) => assert_refused(uploaded.verify(), error),
            None => drop(uploaded.verify().unwrap()),
        }
    }
}

#[test]
fn a_registry_is_made_once_and_with_sense() {
    let mut deployment = Deployment::new(registry(1)).unwrap();
    let authority = deployment.authority.insecure_clone();
    // The system program's AccountAlreadyInUse.
    assert_code(deployment.add_registry(registry(1)), 0);
    let sound = RegistryParameters {
        registry_id: registry(3).to_be_bytes(),
        publisher: authority.pubkey(),
        epoch_length_seconds: 100,
        epoch_grace_seconds: 99,
        root_lifetime_seconds: 1,
    };
    let wrong = [
        (RegistryParameters { epoch_length_seconds: 0, ..sound }, VeilpassError::EpochParameters),
        (RegistryParameters { epoch_grace_seconds: 100, ..sound }, VeilpassError::EpochParameters),
        (RegistryParameters { root_lifetime_seconds: 0, ..sound }, VeilpassError::RootLifetime),
        (RegistryParameters { root_lifetime_seconds: u64::MAX, ..sound }, VeilpassError::RootLifetime),
    ];
    for (parameters, error) in wrong {
        let initialize = initialize_registry(authority.pubkey(), registry(3), parameters);
        assert_refused(deployment.runtime.send(&[initialize], &[&authority]), error);
    }
    // Numbers that no proof can name, at the addresses that go with them; the first is the order itself.
    for number in [0, 3] {
        let aliased = alias(&registry(number).to_be_bytes());
        let parameters = RegistryParameters { registry_id: aliased, ..sound };
        let mut initialize = initialize_registry(authority.pubkey(), registry(3), parameters);
        initialize.accounts[0].pubkey = Address::find_program_address(&[b"registry", &aliased], &PROGRAM_ID).0;
        assert_refused(deployment.runtime.send(&[initialize], &[&authority]), VeilpassError::NotCanonical);
    }
    let initialize = initialize_registry(authority.pubkey(), registry(3), sound);
    let landed = deployment.runtime.send(&[initialize], &[&authority]).unwrap();
    let [Event::RegistryInitialized(event)] = &landed.events[..] else { panic!("one event") };
    assert_eq!((event.registry, event.authority), (registry_address(registry(3)), authority.pubkey()));
    let bump = Address::find_program_address(&[b"registry", &registry(3).to_be_bytes()], &PROGRAM_ID).1;
    assert_eq!(deployment.state_of(registry(3)).bump, bump);
}

#[test]
fn a_root_lives_for_ten_years_at_most() {
    let mut deployment = Deployment::new(registry(1)).unwrap();
    let authority = deployment.authority.insecure_clone();
    let ten_years = 10 * 365 * 86_400;
    for (number, root_lifetime_seconds) in [(2, ten_years + 1), (3, ten_years), (4, 1)] {
        let parameters = RegistryParameters {
            registry_id: registry(number).to_be_bytes(),
            publisher: authority.pubkey(),
            epoch_length_seconds: 1,
            epoch_grace_seconds: 0,
            root_lifetime_seconds,
        };
        let initialize = initialize_registry(authority.pubkey(), registry(number), parameters);
        let result = deployment.runtime.send(&[initialize], &[&authority]);
        if root_lifetime_seconds > ten_years {
            assert_refused(result, VeilpassError::RootLifetime);
            continue;
        }
        result.unwrap();
        let state = deployment.state_of(registry(number));
        assert_eq!((state.root_lifetime_seconds, state.epoch_grace_seconds), (root_lifetime_seconds, 0));
    }
}

/// Events are instructions that only the program can send to itself.
#[test]
fn an_event_cannot_be_forged() {
    let mut uploaded = Uploaded::new();
    let landed = uploaded.deployment.publish(root(5)).unwrap();
    assert_eq!(landed.events.len(), 1);
    let stranger = uploaded.deployment.runtime.funded();
    let mut data = vec![0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];
    data.extend([7; 200]);
    // The event authority without its signature, which nobody has; a signature of somebody else.
    let authority = AccountMeta::new_readonly(event_authority(), false);
    let signer = AccountMeta::new_readonly(stranger.pubkey(), true);
    for (accounts, error) in [
        (vec![authority.clone()], ErrorCode::ConstraintSigner),
        (vec![authority, signer.clone()], ErrorCode::ConstraintSigner),
        (vec![signer], ErrorCode::ConstraintSeeds),
    ] {
        let forged = Instruction { program_id: PROGRAM_ID, accounts, data: data.clone() };
        assert_code(uploaded.deployment.runtime.send(&[forged], &[&stranger]), error.into());
    }
}
