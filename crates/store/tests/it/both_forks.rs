//! Transactions that say the same on two forks, and indexers that write late what they read on one.

use sqlx::PgPool;
use veilpass_store::{ChainBatch, ChainEvent, RecordError};

use crate::{
    events::{PROGRAM, batch, event, published, signature, verified},
    fixture::{Fixture, anchored_fixture},
};

fn vanished(number: u64) -> ChainBatch {
    ChainBatch { vanished: vec![signature(number)], ..ChainBatch::default() }
}

async fn write(f: &Fixture, events: Vec<ChainEvent>) {
    f.store.apply_chain_batch(PROGRAM, &batch(events)).await.unwrap();
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_root_that_was_sent_again_counts_when_the_fork_of_the_first_dies(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    write(&f, vec![event(&f, 3, published(100, seq, 0))]).await;
    // The other fork is read before it is seen that this one is dead.
    write(&f, vec![event(&f, 5, published(100, seq, 0))]).await;
    f.store.apply_chain_batch(PROGRAM, &vanished(3)).await.unwrap();
    assert!(f.store.newest_root(f.registry).await.unwrap().is_some_and(|root| root.is_fresh));
    f.store.apply_chain_batch(PROGRAM, &vanished(5)).await.unwrap();
    assert_eq!(f.store.newest_root(f.registry).await.unwrap(), None);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_nullifier_that_was_spent_on_both_forks_stays_spent_when_one_dies(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    f.publish(1, 100).await;
    write(&f, vec![event(&f, 1, published(100, 1, 0))]).await;
    // 7 on the chain only, 8 here, too, for this session.
    f.store.record_verification(&f.verification(8, 100, 1)).await.unwrap();
    for slot in [3, 5] {
        let mut second = event(&f, slot, verified(&f, 8));
        second.event_index = 1;
        write(&f, vec![event(&f, slot, verified(&f, 7)), second]).await;
    }
    f.store.apply_chain_batch(PROGRAM, &vanished(3)).await.unwrap();
    let spent: Vec<Option<String>> =
        sqlx::query_scalar("SELECT tx_signature FROM nullifiers").fetch_all(&pool).await.unwrap();
    assert_eq!(spent, [Some(signature(5)), Some(signature(5))]);
    let again = f.store.record_verification(&f.verification(7, 100, 1)).await;
    assert!(matches!(again, Err(RecordError::NullifierUsed)), "{again:?}");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_nullifier_that_several_forks_spent_is_mirrored_once(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    let spent_by = async || -> Vec<Option<String>> {
        sqlx::query_scalar("SELECT tx_signature FROM nullifiers").fetch_all(&pool).await.unwrap()
    };
    for slot in [3, 5, 6] {
        write(&f, vec![event(&f, slot, verified(&f, 7))]).await;
    }
    f.store.apply_chain_batch(PROGRAM, &vanished(3)).await.unwrap();
    assert_eq!(spent_by().await, [Some(signature(6))]);
    // As for a track that is known only later.
    sqlx::query("DELETE FROM nullifiers").execute(&pool).await.unwrap();
    assert_eq!(f.store.mirror_chain(PROGRAM).await.unwrap(), 1);
    assert_eq!(spent_by().await, [Some(signature(6))]);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn what_is_final_stays_when_it_is_written_late_as_of_another_fork(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    let mut last = event(&f, 7, verified(&f, 7));
    last.finalized = true;
    let early = ChainEvent { slot: 5, event_slot: Some(5), finalized: false, ..last.clone() };
    for late in [last.clone(), early] {
        write(&f, vec![late]).await;
        assert_eq!(f.store.chain_events(PROGRAM, 0, 10).await.unwrap(), std::slice::from_ref(&last));
    }
}
