//! What the gate counts and refuses.

use anchor_lang::Event;
use solana_address::Address;
use solana_signer::Signer;
use veilpass_cpi::{PROGRAM_ID, REGISTRY_DISCRIMINATOR, nullifier_address};
use veilpass_example_gate::{error::GateError, events::Listened};

use crate::support::{EPOCH_LENGTH_SECONDS, REGISTRY, Receipt, TRACK, World, assert_code};

/// Compute units that listening may take: 1,500 for each of a few bumps of two addresses are luck.
const LISTEN_COMPUTE_UNITS: u64 = 40_000;

#[test]
fn a_receipt_counts_and_is_told() {
    let mut world = World::new();
    let mut most = 0;
    for (number, nullifier) in (1..=20).map(|number| (u64::from(number), [number; 32])) {
        let receipt = world.receipt(nullifier);
        let landed = world.listen(&receipt).unwrap();
        assert_eq!(world.listens(), number);
        let event =
            Listened { gate: world.gate, track_id: TRACK, epoch: receipt.epoch, nullifier, listens: number }.data();
        // After the tag of Anchor's events.
        assert!(landed.inner.iter().any(|data| data.get(8..) == Some(&event[..])), "the event is emitted");
        println!("listen: {} CU", landed.compute_units);
        most = most.max(landed.compute_units);
    }
    assert!(most <= LISTEN_COMPUTE_UNITS, "{most} CU");
}

#[test]
fn a_receipt_counts_once_whoever_presents_it() {
    let mut world = World::new();
    let receipt = world.receipt([3; 32]);
    world.listen(&receipt).unwrap();
    world.assert_refused(&receipt, GateError::AlreadyListened);
    world.payer = world.runtime.funded();
    world.assert_refused(&receipt, GateError::AlreadyListened);
    // Under another nullifier it is no receipt of that.
    assert_code(world.present(receipt.address, [6; 32]), GateError::WrongNullifier);
    assert_eq!(world.listens(), 1);
    // A gift to the address of the next use does not stop it.
    let next = world.receipt([7; 32]);
    world.set(world.use_address(&next.nullifier), Address::default(), Vec::new());
    world.listen(&next).unwrap();
    assert_eq!(world.listens(), 2);
}

#[test]
fn forged_receipts_are_refused() {
    let mut world = World::new();
    let receipt = world.receipt([3; 32]);
    let forger = world.payer.pubkey();
    for owner in [forger, veilpass_example_gate::ID] {
        world.assert_refused(&Receipt { owner, ..receipt.clone() }, GateError::ReceiptOwner);
    }
    let address = Address::new_from_array([9; 32]);
    world.assert_refused(&Receipt { address, ..receipt.clone() }, GateError::ReceiptAddress);
    // An account that does not exist.
    let nowhere = nullifier_address(&REGISTRY, &[8; 32]).0;
    assert_code(world.present(nowhere, [8; 32]), GateError::ReceiptOwner);
    // Another account of the Veilpass program, and a receipt of another length.
    world.set(address, PROGRAM_ID, [&REGISTRY_DISCRIMINATOR[..], &receipt.data()[8..]].concat());
    assert_code(world.present(address, receipt.nullifier), GateError::NotAReceipt);
    world.set(receipt.address, PROGRAM_ID, [receipt.data(), vec![0]].concat());
    assert_code(world.present(receipt.address, receipt.nullifier), GateError::ReceiptVersion);
    assert_eq!(world.listens(), 0);
    world.listen(&receipt).unwrap();
}

#[test]
fn receipts_for_something_else_are_refused() {
    let mut world = World::new();
    let receipt = world.receipt([3; 32]);
    let registry = Address::new_from_array([7; 32]);
    let address = nullifier_address(&registry, &receipt.nullifier).0;
    world.assert_refused(&Receipt { registry, address, ..receipt.clone() }, GateError::WrongRegistry);
    world.assert_refused(&Receipt { track_id: [7; 32], ..receipt.clone() }, GateError::WrongTrack);
    for epoch in [receipt.epoch - 1, receipt.epoch + 1, 0, u64::MAX] {
        world.assert_refused(&Receipt { epoch, ..receipt.clone() }, GateError::StaleEpoch);
    }
    // The same receipt, as time goes.
    let over = (receipt.epoch + 1) * EPOCH_LENGTH_SECONDS;
    world.runtime.set_time(over as i64);
    world.assert_refused(&receipt, GateError::StaleEpoch);
    world.runtime.set_time(over as i64 - 1);
    world.listen(&receipt).unwrap();
}

#[test]
fn another_gate_counts_for_itself() {
    let mut world = World::new();
    let receipt = world.receipt([3; 32]);
    world.listen(&receipt).unwrap();
    let first = world.gate;
    world.payer = world.runtime.funded();
    world.initialize(EPOCH_LENGTH_SECONDS).unwrap();
    assert_ne!(world.gate, first);
    world.listen(&receipt).unwrap();
    assert_eq!(world.listens(), 1);
    world.gate = first;
    assert_eq!(world.listens(), 1);
}

#[test]
fn a_gate_needs_an_epoch_and_is_made_once() {
    let mut world = World::new();
    assert!(world.initialize(60).is_err(), "it exists");
    world.payer = world.runtime.funded();
    assert_code(world.initialize(0), GateError::EpochLength);
}
