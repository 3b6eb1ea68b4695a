//! Roots that count only once the chain has them.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_protocol::RegistryId;
use veilpass_store::{
    ChainBatch, ChainEventContent, IntentEnd, IntentTask, LeasedIntent, PendingChanges, PublishError, RecordError,
};

use crate::{
    events::{PROGRAM, batch, event, published, signature},
    fixture::{Fixture, anchored_fixture, element, fixture, root},
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

/// Leases what is first, which is to publish a root: with its number, and whether it is to end those before it.
async fn lease_root(f: &Fixture) -> (LeasedIntent, u64, bool) {
    let intent = f.store.lease_intent("test", Duration::from_secs(60)).await.unwrap().unwrap();
    match intent.task {
        IntentTask::PublishRoot { root_seq, revoke_earlier, .. } => (intent, root_seq, revoke_earlier),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_revocation_in_a_root_that_failed_is_in_the_next(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    f.publish(1, 100).await;
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(100, 1, 0))])).await.unwrap();
    let (first, seq, revokes) = lease_root(&f).await;
    assert_eq!((seq, revokes), (1, false));
    assert!(f.store.end_intent(first.lease, IntentEnd::Final).await.unwrap());

    f.store.revoke(f.registry, 0).await.unwrap();
    f.store.publish_root(f.registry, root(101), 2, 1).await.unwrap();
    let (second, seq, revokes) = lease_root(&f).await;
    assert_eq!((seq, revokes), (2, true));
    // Another publisher's root has its number.
    let words = "the chain has another root of number 2";
    let failed = IntentEnd::Failed { code: None, words, nullifier_spent: false };
    assert!(f.store.end_intent(second.lease, failed).await.unwrap());
    let pending = async || f.store.pending_changes(PROGRAM).await.unwrap()[0];
    let waiting = pending().await;
    assert_eq!((waiting.included, waiting.count(), waiting.root_seq, waiting.is_under_way), (1, 1, 2, false));

    f.store.publish_root_after(f.registry, waiting.root_seq, root(101), 2, 1).await.unwrap();
    assert_eq!(pending().await.included, 2);
    let (third, seq, revokes) = lease_root(&f).await;
    assert_eq!((seq, revokes), (3, true), "the chain has not heard of the revocation");
    // It has: what failed came there on the fork that won.
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 2, published(101, 2, 2))])).await.unwrap();
    assert!(f.store.end_intent(third.lease, IntentEnd::Wait { after: Duration::ZERO }).await.unwrap());
    let (_, seq, revokes) = lease_root(&f).await;
    assert_eq!((seq, revokes), (3, false));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_root_goes_before_settlements_that_have_waited_for_longer(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    f.publish(1, 100).await;
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(100, 1, 0))])).await.unwrap();
    let (first, ..) = lease_root(&f).await;
    assert!(f.store.end_intent(first.lease, IntentEnd::Final).await.unwrap());
    f.store.record_verification_to_settle(&f.verification(7, 100, 1), &[7; 7232]).await.unwrap();
    f.publish(2, 101).await;
    sqlx::query("UPDATE chain_outbox SET not_before = now() - interval '1 h' WHERE verification_id IS NOT NULL")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(lease_root(&f).await.1, 2);
    let last = f.store.lease_intent("test", Duration::from_secs(60)).await.unwrap().unwrap();
    assert!(matches!(last.task, IntentTask::Settle { .. }), "{last:?}");
}
