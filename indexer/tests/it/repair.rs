//! Forks and nodes that forgot.

use sqlx::PgPool;
use veilpass_chain::{PROGRAM_ID, registry_address};
use veilpass_indexer::FollowError;
use veilpass_protocol::{Context, Epoch, FieldElement, Nullifier};
use veilpass_store::{ChainBatch, ChainEvent, ChainEventContent, Store};

use crate::{
    chain::{Chain, rows},
    follow::sequences,
};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_confirmed_row_whose_transaction_is_on_no_final_fork_goes(pool: PgPool) {
    let chain = Chain::start().await;
    let store = Store::from_pool(pool.clone());
    let mut follower = chain.follower(&pool);
    chain.publish_many(0..3).await;
    chain.finalize().await;
    follower.poll().await.unwrap();
    let real = rows(&pool).await;
    let (confirmed, finalized) = chain.ledger().slots().await.unwrap();
    let track = {
        let element = FieldElement::from_u64;
        veilpass_protocol::TrackId::new(element(5))
    };
    let phantom = |number: u8, slot: u64| ChainEvent {
        signature: solana_signature::Signature::from([number; 64]).to_string(),
        event_index: 0,
        slot,
        block_time: None,
        finalized: false,
        registry_address: registry_address(chain.registry).to_string(),
        registry_id: chain.registry,
        event_slot: Some(slot),
        content: ChainEventContent::OwnershipVerified {
            track_id: track,
            epoch: Epoch(u64::MAX),
            nullifier: Nullifier::new(FieldElement::from_u64(u64::from(number))),
            context: Context::new(FieldElement::from_u64(1)),
            root_sequence: 1,
        },
    };
    // One whose slot is final, and one whose fork may still win.
    let batch =
        ChainBatch { events: vec![phantom(1, finalized), phantom(2, confirmed + 1_000)], ..ChainBatch::default() };
    store.apply_chain_batch(&PROGRAM_ID.to_string(), &batch).await.unwrap();
    let polled = follower.poll().await.unwrap();
    assert_eq!(polled.vanished, 1);
    let left = rows(&pool).await;
    assert_eq!(left.len(), real.len() + 1);
    assert_eq!(left.last().unwrap().signature, batch.events[1].signature);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_cursor_that_the_node_does_not_know_makes_it_read_everything(pool: PgPool) {
    let chain = Chain::start().await;
    let store = Store::from_pool(pool.clone());
    chain.publish_many(0..5).await;
    chain.finalize().await;
    let unknown = solana_signature::Signature::from([9; 64]).to_string();
    let batch = ChainBatch { cursor: Some((unknown.clone(), 1)), ..ChainBatch::default() };
    store.apply_chain_batch(&PROGRAM_ID.to_string(), &batch).await.unwrap();
    chain.follower(&pool).poll().await.unwrap();
    assert_eq!(sequences(&pool).await, [1, 2, 3, 4, 5]);
    let progress = store.chain_progress(&PROGRAM_ID.to_string()).await.unwrap().unwrap();
    assert_ne!(progress.cursor.as_ref().unwrap().0, unknown);
    assert!(progress.indexed_slot > 0 && progress.slot_lag() < 1_000, "{progress:?}");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_node_that_is_behind_the_rows_changes_nothing(pool: PgPool) {
    let chain = Chain::start().await;
    let store = Store::from_pool(pool.clone());
    let batch = ChainBatch {
        cursor: Some((solana_signature::Signature::from([9; 64]).to_string(), 1 << 40)),
        ..ChainBatch::default()
    };
    store.apply_chain_batch(&PROGRAM_ID.to_string(), &batch).await.unwrap();
    let mut follower = chain.follower(&pool);
    let refused = follower.poll().await;
    assert!(matches!(refused, Err(FollowError::NodeBehind { cursor_slot: 1_099_511_627_776, .. })), "{refused:?}");
    assert!(rows(&pool).await.is_empty());
    follower.reindex_from(0);
    follower.poll().await.unwrap();
    assert_eq!(rows(&pool).await.len(), 1, "--from-slot 0 starts over");
}
