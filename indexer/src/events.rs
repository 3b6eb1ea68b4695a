//! From a transaction to the program's events.

use solana_address::Address;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, UiCompiledInstruction, UiInstruction,
    option_serializer::OptionSerializer,
};
use veilpass_chain::{Event, PROGRAM_ID};
use veilpass_protocol::{Context, Epoch, FieldElement, MerkleRoot, Nullifier, RegistryId, TrackId};
use veilpass_store::{ChainEvent, ChainEventContent};

/// What a transaction said, as far as this build understands it.
#[derive(Default)]
pub(crate) struct Said {
    /// Events, in order.
    pub(crate) events: Vec<ChainEvent>,
    /// What was not understood.
    pub(crate) unreadable: Option<&'static str>,
}

/// The events of a transaction. One that failed has none.
pub(crate) fn events_of(
    signature: &str,
    transaction: &EncodedConfirmedTransactionWithStatusMeta,
    finalized: bool,
) -> Said {
    let mut said = Said::default();
    let data = match event_data(transaction) {
        Ok(data) => data,
        Err(reason) => return Said { unreadable: Some(reason), ..said },
    };
    // The index counts what is not understood too: a later build must not number the others otherwise.
    for (event_index, data) in (0..).zip(&data) {
        let Some(event) = Event::from_instruction_data(data).and_then(translate) else {
            said.unreadable = Some("an event that this build does not know");
            continue;
        };
        let (registry, registry_id, event_slot, content) = event;
        said.events.push(ChainEvent {
            signature: signature.to_owned(),
            event_index,
            slot: transaction.slot,
            block_time: transaction.block_time,
            finalized,
            registry_address: registry.to_string(),
            registry_id,
            event_slot,
            content,
        });
    }
    said
}

/// Data of the program's instructions to itself that are events.
fn event_data(transaction: &EncodedConfirmedTransactionWithStatusMeta) -> Result<Vec<Vec<u8>>, &'static str> {
    let meta = transaction.transaction.meta.as_ref().ok_or("the node does not tell how it ended")?;
    if meta.err.is_some() {
        return Ok(vec![]);
    }
    let decoded = transaction.transaction.transaction.decode().ok_or("a transaction of a form that is not known")?;
    let mut accounts = decoded.message.static_account_keys().to_vec();
    if let OptionSerializer::Some(loaded) = &meta.loaded_addresses {
        for address in loaded.writable.iter().chain(&loaded.readonly) {
            accounts.push(address.parse().map_err(|_| "an address that is none")?);
        }
    }
    let is_ours = |index: u8| accounts.get(usize::from(index)) == Some(&PROGRAM_ID);
    let OptionSerializer::Some(groups) = &meta.inner_instructions else {
        return Err("the node does not tell inner instructions");
    };
    let mut events = vec![];
    for group in groups {
        let outer = decoded.message.instructions().get(usize::from(group.index)).ok_or("no outer instruction")?;
        // Programs from the outer one down to the one that runs.
        let mut stack = vec![is_ours(outer.program_id_index)];
        for inner in &group.instructions {
            let UiInstruction::Compiled(inner) = inner else { return Err("a parsed instruction") };
            let called_by_us = caller(&mut stack, inner, is_ours(inner.program_id_index));
            if called_by_us && is_ours(inner.program_id_index) {
                let data = decode_base58(&inner.data)?;
                if Event::is_instruction_data(&data) {
                    events.push(data);
                }
            }
        }
    }
    Ok(events)
}

/// Whether the program called that instruction. Old nodes do not tell the height; then the program's own check has to do,
/// that its event authority signed.
fn caller(stack: &mut Vec<bool>, inner: &UiCompiledInstruction, ours: bool) -> bool {
    let Some(height) = inner.stack_height else { return true };
    // The outer instruction is at height 1.
    stack.truncate((height as usize).saturating_sub(1).max(1));
    let called_by_us = stack.last().copied().unwrap_or(false);
    stack.push(ours);
    called_by_us
}

fn decode_base58(text: &str) -> Result<Vec<u8>, &'static str> {
    bs58::decode(text).into_vec().map_err(|_| "data that are not base58")
}

/// `None` if a number is no field element, which the program does not let through.
fn translate(event: Event) -> Option<(Address, RegistryId, Option<u64>, ChainEventContent)> {
    let element = |bytes: [u8; 32]| FieldElement::from_be_bytes(&bytes).ok();
    Some(match event {
        Event::RegistryInitialized(event) => {
            let content = ChainEventContent::RegistryInitialized {
                authority: event.authority.to_string(),
                publisher: event.publisher.to_string(),
                epoch_length_seconds: event.epoch_length_seconds,
                epoch_grace_seconds: event.epoch_grace_seconds,
                root_lifetime_seconds: event.root_lifetime_seconds,
            };
            (event.registry, RegistryId::new(element(event.registry_id)?), None, content)
        }
        Event::MerkleRootUpdated(event) => {
            let content = ChainEventContent::MerkleRootUpdated {
                root: MerkleRoot::new(element(event.root)?),
                sequence: event.sequence,
                min_root_sequence: event.min_root_sequence,
                expires_at: event.expires_at,
            };
            (event.registry, RegistryId::new(element(event.registry_id)?), Some(event.slot), content)
        }
        Event::RootsRevoked(event) => {
            let content = ChainEventContent::RootsRevoked { min_root_sequence: event.min_root_sequence };
            (event.registry, RegistryId::new(element(event.registry_id)?), Some(event.slot), content)
        }
        Event::OwnershipVerified(event) => {
            let content = ChainEventContent::OwnershipVerified {
                track_id: TrackId::new(element(event.track_id)?),
                epoch: Epoch(event.epoch),
                nullifier: Nullifier::new(element(event.nullifier)?),
                context: Context::new(element(event.context)?),
                root_sequence: event.root_sequence,
            };
            (event.registry, RegistryId::new(element(event.registry_id)?), Some(event.slot), content)
        }
    })
}
