//! Roots that count only once the chain has them.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_protocol::RegistryId;
use veilpass_store::{ChainBatch, ChainEventContent, PendingChanges, PublishError, RecordError};

use crate::{
    events::{PROGRAM, batch, event, published, signature},
    fixture::{anchored_fixture, element, fixture, root},
};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_root_counts_from_its_event_until_its_fork_dies(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    assert_eq!(f.store.newest_root(f.registry).await.unwrap(), None);
    assert!(!f.store.find_root(f.registry, root(100)).await.unwrap().unwrap().is_fresh);
    let early = f.store.record_verification(&f.verification(7, 100, seq)).await;
    assert!(matches!(early, Err(RecordError::RootNotFresh)), "{early:?}");

    // Another root of that number, or that root of another registry, is not it.
    let mut foreign = event(&f, 2, published(100, seq, 0));
    foreign.registry_id = RegistryId::new(element(999));
    let others = batch(vec![event(&f, 1, published(101, seq, 0)), foreign]);
    f.store.apply_chain_batch(PROGRAM, &others).await.unwrap();
    assert_eq!(f.store.newest_root(f.registry).await.unwrap(), None);
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 3, published(100, seq, 0))])).await.unwrap();
    assert!(f.store.newest_root(f.registry).await.unwrap().unwrap().is_fresh);
    f.store.record_verification(&f.verification(7, 100, seq)).await.unwrap();

    let vanished = ChainBatch { vanished: vec![signature(3)], ..ChainBatch::default() };
    f.store.apply_chain_batch(PROGRAM, &vanished).await.unwrap();
    assert_eq!(f.store.newest_root(f.registry).await.unwrap(), None);
    assert!(!f.store.find_root(f.registry, root(100)).await.unwrap().unwrap().is_fresh);
    let late = f.store.record_verification(&f.verification(8, 100, seq)).await;
    assert!(matches!(late, Err(RecordError::RootNotFresh)), "{late:?}");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn older_roots_work_until_the_chain_ends_them(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    f.publish(1, 100).await;
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(100, 1, 0))])).await.unwrap();
    f.store.revoke(f.registry, 0).await.unwrap();
    f.store.publish_root(f.registry, root(101), 2, 1).await.unwrap();
    assert!(f.store.find_root(f.registry, root(100)).await.unwrap().unwrap().is_fresh);
    assert_eq!(f.store.newest_root(f.registry).await.unwrap().unwrap().root, root(100));
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 2, published(101, 2, 2))])).await.unwrap();
    assert!(!f.store.find_root(f.registry, root(100)).await.unwrap().unwrap().is_fresh);
    assert!(f.store.newest_root(f.registry).await.unwrap().unwrap().is_fresh);
    // An operator may revoke on chain alone; a fork that dies does not bring a revoked root back.
    let revoked = ChainEventContent::RootsRevoked { min_root_sequence: 3 };
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 3, revoked)])).await.unwrap();
    assert!(!f.store.find_root(f.registry, root(101)).await.unwrap().unwrap().is_fresh);
    let vanished = ChainBatch { vanished: vec![signature(3)], ..ChainBatch::default() };
    f.store.apply_chain_batch(PROGRAM, &vanished).await.unwrap();
    assert!(!f.store.find_root(f.registry, root(101)).await.unwrap().unwrap().is_fresh);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_root_ends_when_the_chain_says_if_that_is_sooner(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    f.publish(1, 100).await;
    let mut content = published(100, 1, 0);
    if let ChainEventContent::MerkleRootUpdated { expires_at, .. } = &mut content {
        *expires_at = 1_700_000_000;
    }
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, content)])).await.unwrap();
    assert!(!f.store.newest_root(f.registry).await.unwrap().unwrap().is_fresh);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn what_the_chain_had_before_the_registry_was_known_counts_once_it_is(pool: PgPool) {
    let f = fixture(&pool).await;
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(100, 1, 0))])).await.unwrap();
    f.publish(1, 100).await;
    sqlx::query("UPDATE registries SET anchored = true").execute(&pool).await.unwrap();
    assert_eq!(f.store.newest_root(f.registry).await.unwrap(), None);
    f.store.mirror_chain(PROGRAM).await.unwrap();
    assert!(f.store.newest_root(f.registry).await.unwrap().unwrap().is_fresh);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn numbers_go_on_after_what_others_published(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(55, 4, 0))])).await.unwrap();
    assert_eq!(f.publish(1, 100).await, 5);
    let told: Vec<(String, Option<i64>)> =
        sqlx::query_as("SELECT intent::text, root_seq FROM chain_outbox").fetch_all(&pool).await.unwrap();
    assert_eq!(told, [("publish_root".to_owned(), Some(5))]);
    let overtaken = f.store.publish_root_after(f.registry, 0, root(101), 1, 1).await;
    assert!(matches!(overtaken, Err(PublishError::Overtaken { newest_seq: 5 })), "{overtaken:?}");
    assert_eq!(f.store.publish_root_after(f.registry, 5, root(101), 1, 1).await.unwrap().seq, 6);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_registry_without_a_chain_tells_it_nothing(pool: PgPool) {
    let f = fixture(&pool).await;
    f.publish(1, 100).await;
    assert_eq!(f.store.open_intents().await.unwrap(), 0);
    assert!(f.store.pending_changes(PROGRAM).await.unwrap().is_empty());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn changes_wait_for_a_root_and_a_root_for_the_chain(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    let pending = async || f.store.pending_changes(PROGRAM).await.unwrap()[0];
    let seen = |seq, is_under_way| PendingChanges {
        registry: f.registry,
        change_seq: seq,
        included: seq,
        root_seq: seq,
        oldest: Duration::ZERO,
        is_ageing: false,
        is_under_way,
    };
    assert_eq!(pending().await, seen(0, false));
    f.store.enrol(f.registry, &[f.enrolment(1), f.enrolment(2)]).await.unwrap();
    sqlx::query("UPDATE leaf_changes SET changed_at = now() - interval '1 h' WHERE seq = 1")
        .execute(&pool)
        .await
        .unwrap();
    let waiting = pending().await;
    assert_eq!((waiting.count(), waiting.root_seq, waiting.is_under_way), (2, 0, false));
    assert!(waiting.oldest >= Duration::from_secs(3600) && waiting.oldest < Duration::from_secs(3700));
    f.store.publish_root(f.registry, root(100), 2, 2).await.unwrap();
    assert_eq!(pending().await, PendingChanges { change_seq: 2, included: 2, ..seen(1, true) });
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(100, 1, 0))])).await.unwrap();
    assert_eq!(pending().await, PendingChanges { change_seq: 2, included: 2, ..seen(1, false) });
    sqlx::query("UPDATE roots SET expires_at = now() + interval '10 min'").execute(&pool).await.unwrap();
    assert!(pending().await.is_ageing);
}
