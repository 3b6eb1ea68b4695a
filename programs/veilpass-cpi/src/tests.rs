//! The account that the program writes is read, and every other one refused.

use anchor_lang::Discriminator;
use std::{string::ToString, vec::Vec};
use veilpass_program::state::{Nullifier, Registry};

use super::*;

const REGISTRY: Address = Address::new_from_array([1; 32]);
const NULLIFIER: [u8; 32] = [3; 32];

/// What the program would write.
fn written() -> Nullifier {
    Nullifier {
        registry: REGISTRY,
        track_id: [2; 32],
        nullifier: NULLIFIER,
        context: [4; 32],
        payer: Address::new_from_array([5; 32]),
        epoch: 6,
        root_sequence: 7,
        slot: 8,
        verified_at: -9,
    }
}

fn bytes(nullifier: &Nullifier) -> Vec<u8> {
    [Nullifier::DISCRIMINATOR, bytemuck::bytes_of(nullifier)].concat()
}

fn address() -> Address {
    nullifier_address(&REGISTRY, &NULLIFIER).0
}

fn read(data: &[u8]) -> Result<Receipt, ReceiptError> {
    Receipt::read(&address(), &PROGRAM_ID, data, &REGISTRY)
}

fn wanted() -> Wanted {
    Wanted { track_id: [2; 32], epochs: 6..=6, context: Some([4; 32]) }
}

#[test]
fn the_constants_are_the_programs() {
    assert_eq!(PROGRAM_ID, veilpass_program::ID);
    assert_eq!((REGISTRY_SEED, NULLIFIER_SEED), (Registry::SEED, Nullifier::SEED));
    assert_eq!(REGISTRY_DISCRIMINATOR, Registry::DISCRIMINATOR);
    assert_eq!(NULLIFIER_DISCRIMINATOR, Nullifier::DISCRIMINATOR);
    assert_eq!(Receipt::SPACE, Nullifier::SPACE);
}

#[test]
fn addresses_are_those_of_the_seeds() {
    let id = [9; 32];
    let derived = Address::find_program_address(&[b"registry", &id], &veilpass_program::ID);
    assert_eq!(registry_address(&id), derived);
    let seeds: &[&[u8]] = &[b"nullifier", &[1; 32], &NULLIFIER];
    assert_eq!(nullifier_address(&REGISTRY, &NULLIFIER), Address::find_program_address(seeds, &veilpass_program::ID));
}

#[test]
fn what_the_program_writes_is_read() {
    let receipt = read(&bytes(&written())).unwrap();
    let expected = Receipt {
        registry: REGISTRY,
        track_id: [2; 32],
        nullifier: NULLIFIER,
        context: [4; 32],
        payer: Address::new_from_array([5; 32]),
        epoch: 6,
        root_sequence: 7,
        slot: 8,
        verified_at: -9,
    };
    assert_eq!(receipt, expected);
    receipt.require(&wanted()).unwrap();
    receipt.require(&Wanted { epochs: 0..=u64::MAX, context: None, ..wanted() }).unwrap();
}

#[test]
fn another_owner_is_refused() {
    for owner in [Address::default(), Address::new_from_array([7; 32])] {
        let read = Receipt::read(&address(), &owner, &bytes(&written()), &REGISTRY);
        assert_eq!(read, Err(ReceiptError::Owner));
    }
}

#[test]
fn another_kind_of_account_is_refused() {
    for byte in 0..8 {
        let mut data = bytes(&written());
        data[byte] ^= 1;
        assert_eq!(read(&data), Err(ReceiptError::Discriminator));
    }
    let registry = [Registry::DISCRIMINATOR, &[0; 500]].concat();
    assert_eq!(read(&registry), Err(ReceiptError::Discriminator));
    assert_eq!(read(&[]), Err(ReceiptError::Discriminator));
}

#[test]
fn another_length_is_refused() {
    let data = bytes(&written());
    for length in 8..data.len() {
        assert_eq!(read(&data[..length]), Err(ReceiptError::Length), "{length} bytes");
    }
    assert_eq!(read(&[&data[..], &[0]].concat()), Err(ReceiptError::Length));
}

#[test]
fn another_registry_is_refused() {
    let other = Address::new_from_array([8; 32]);
    let foreign = Nullifier { registry: other, ..written() };
    // A true receipt of another registry, and one that only stands where ours would.
    for address in [nullifier_address(&other, &NULLIFIER).0, address()] {
        let read = Receipt::read(&address, &PROGRAM_ID, &bytes(&foreign), &REGISTRY);
        assert_eq!(read, Err(ReceiptError::Registry));
    }
}

#[test]
fn another_address_is_refused() {
    let read = Receipt::read(&Address::new_from_array([7; 32]), &PROGRAM_ID, &bytes(&written()), &REGISTRY);
    assert_eq!(read, Err(ReceiptError::Address));
    let renamed = Nullifier { nullifier: [7; 32], ..written() };
    assert_eq!(self::read(&bytes(&renamed)), Err(ReceiptError::Address));
}

#[test]
fn what_is_not_wanted_is_refused() {
    let receipt = read(&bytes(&written())).unwrap();
    let refusal = |wanted: Wanted| receipt.require(&wanted).unwrap_err();
    assert_eq!(refusal(Wanted { track_id: [0; 32], ..wanted() }), ReceiptError::Track);
    for epochs in [7..=u64::MAX, 0..=5] {
        assert_eq!(refusal(Wanted { epochs, ..wanted() }), ReceiptError::Epoch);
    }
    assert_eq!(refusal(Wanted { context: Some([0; 32]), ..wanted() }), ReceiptError::Context);
}

#[test]
fn epochs_are_counted_as_the_registry_does() {
    assert_eq!((epoch_at(0, 60), epoch_at(59, 60), epoch_at(60, 60)), (Some(0), Some(0), Some(1)));
    assert_eq!((epoch_at(-1, 60), epoch_at(60, 0)), (None, None));
    assert_eq!(epoch_at(i64::MAX, 1), Some(i64::MAX as u64));
}

#[test]
fn errors_say_what_to_do() {
    assert!(ReceiptError::Epoch.to_string().contains("prove again"));
}
