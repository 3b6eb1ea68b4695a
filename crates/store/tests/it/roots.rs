use sqlx::PgPool;
use veilpass_store::PublishError;

use crate::fixture::{fixture, root};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_published_root_is_found(pool: PgPool) {
    let f = fixture(&pool).await;
    assert_eq!(f.store.newest_root(f.registry).await.unwrap(), None);
    let seq = f.publish(1, 100).await;
    let newest = f.store.newest_root(f.registry).await.unwrap().unwrap();
    assert_eq!((newest.seq, newest.root, newest.change_seq, newest.is_fresh), (seq, root(100), 1, true));
    assert_eq!(f.store.find_root(f.registry, root(100)).await.unwrap(), Some(newest));
    assert_eq!(f.store.find_root(f.registry, root(101)).await.unwrap(), None);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_revocation_ends_all_older_roots_and_an_enrolment_does_not(pool: PgPool) {
    let f = fixture(&pool).await;
    f.publish(1, 100).await;
    f.publish(2, 101).await;
    assert!(f.store.find_root(f.registry, root(100)).await.unwrap().unwrap().is_fresh);
    f.store.revoke(f.registry, 0).await.unwrap();
    assert!(f.store.find_root(f.registry, root(101)).await.unwrap().unwrap().is_fresh, "not before it is published");
    f.store.publish_root(f.registry, root(102), 3, 2).await.unwrap();
    for (value, fresh) in [(100, false), (101, false), (102, true)] {
        assert_eq!(f.store.find_root(f.registry, root(value)).await.unwrap().unwrap().is_fresh, fresh, "{value}");
    }
    f.publish(3, 103).await;
    assert!(f.store.find_root(f.registry, root(102)).await.unwrap().unwrap().is_fresh, "the revocation counts once");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_root_that_forgets_changes_is_refused_and_takes_no_number(pool: PgPool) {
    let f = fixture(&pool).await;
    f.publish(1, 100).await;
    f.publish(2, 101).await;
    let refused = f.store.publish_root(f.registry, root(102), 1, 1).await;
    assert!(matches!(refused, Err(PublishError::Older { change_seq: 1, newest_seq: 2 })), "{refused:?}");
    assert_eq!(f.publish(3, 103).await, 3);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn an_expired_root_is_not_fresh(pool: PgPool) {
    let f = fixture(&pool).await;
    f.publish(1, 100).await;
    sqlx::query("UPDATE roots SET created_at = now() - interval '2 h', expires_at = now() - interval '1 s'")
        .execute(&pool)
        .await
        .unwrap();
    assert!(!f.store.find_root(f.registry, root(100)).await.unwrap().unwrap().is_fresh);
}
