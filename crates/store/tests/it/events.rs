//! Events as the indexer writes them.

use veilpass_store::{ChainBatch, ChainEvent, ChainEventContent};

use crate::fixture::Fixture;

pub(crate) const PROGRAM: &str = "11111111111111111111111111111111";

/// A signature that looks like one.
pub(crate) fn signature(number: u64) -> String {
    format!("{number}").replace('0', "z").repeat(64)[..64].to_owned()
}

pub(crate) fn event(f: &Fixture, number: u64, content: ChainEventContent) -> ChainEvent {
    let event_slot = (content.kind() != "registry_initialized").then_some(number);
    ChainEvent {
        signature: signature(number),
        event_index: 0,
        slot: number,
        block_time: Some(1_800_000_000),
        finalized: false,
        registry_address: PROGRAM.into(),
        registry_id: f.registry,
        event_slot,
        content,
    }
}

pub(crate) fn verified(f: &Fixture, nullifier: u64) -> ChainEventContent {
    let statement = f.statement(nullifier);
    ChainEventContent::OwnershipVerified {
        track_id: f.track,
        epoch: statement.epoch,
        nullifier: statement.nullifier,
        context: statement.context,
        root_sequence: 1,
    }
}

pub(crate) fn batch(events: Vec<ChainEvent>) -> ChainBatch {
    ChainBatch { read: events.iter().map(|event| event.signature.clone()).collect(), events, ..ChainBatch::default() }
}

/// Root number `sequence`, by the publication that revokes those before `min_root_sequence`.
pub(crate) fn published(value: u64, sequence: u64, min_root_sequence: u64) -> ChainEventContent {
    let root = crate::fixture::root(value);
    ChainEventContent::MerkleRootUpdated { root, sequence, min_root_sequence, expires_at: 4_000_000_000 }
}
