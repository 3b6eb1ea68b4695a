//! From a transaction to the program's events.

use solana_address::Address;
use solana_transaction_status_client_types::EncodedConfirmedTransactionWithStatusMeta;
use veilpass_chain::{Event, event_data};
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
