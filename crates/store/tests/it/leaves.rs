use sqlx::PgPool;
use veilpass_protocol::Leaf;
use veilpass_store::LeafChange;

use crate::fixture::{element, fixture};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn enrolment_and_revocation_are_logged_in_order_without_gaps(pool: PgPool) {
    let f = fixture(&pool).await;
    let both = [f.enrolment(1), f.enrolment(2)];
    assert_eq!(f.store.enrol(f.registry, &both).await.unwrap(), 0);
    assert_eq!(f.store.enrol(f.registry, &[f.enrolment(3)]).await.unwrap(), 2);
    assert!(f.store.revoke(f.registry, 1).await.unwrap());
    assert!(!f.store.revoke(f.registry, 1).await.unwrap(), "revoked once");
    assert!(!f.store.revoke(f.registry, 77).await.unwrap(), "never enrolled");
    // A sold token is enrolled again, by its new owner.
    assert_eq!(f.store.enrol(f.registry, &[f.enrolment(2)]).await.unwrap(), 3);

    let change = |seq, leaf_index, token: u64| LeafChange {
        seq,
        leaf_index,
        leaf: if token == 0 { Leaf::EMPTY } else { Leaf::new(element(1_000_000 + token)) },
    };
    let expected = [change(1, 0, 1), change(2, 1, 2), change(3, 2, 3), change(4, 1, 0), change(5, 3, 2)];
    assert_eq!(f.store.leaf_changes(f.registry, 0, 100, 100).await.unwrap(), expected);
    assert_eq!(f.store.leaf_changes(f.registry, 1, 4, 2).await.unwrap(), expected[1..3]);
    let registry = f.store.registry(f.registry).await.unwrap().unwrap();
    assert_eq!((registry.leaf_count, registry.change_seq), (4, 5));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_token_is_enrolled_once_for_a_track_and_a_refused_batch_leaves_nothing(pool: PgPool) {
    let f = fixture(&pool).await;
    f.store.enrol(f.registry, &[f.enrolment(1)]).await.unwrap();
    f.store.enrol(f.registry, &[f.enrolment(2), f.enrolment(1)]).await.unwrap_err();
    let registry = f.store.registry(f.registry).await.unwrap().unwrap();
    assert_eq!((registry.leaf_count, registry.change_seq), (1, 1));
    assert_eq!(f.store.enrol(f.registry, &[f.enrolment(2)]).await.unwrap(), 1);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn concurrent_enrolments_get_different_places(pool: PgPool) {
    let f = fixture(&pool).await;
    let tasks: Vec<_> = (1..=16)
        .map(|token| {
            let (store, registry, enrolment) = (f.store.clone(), f.registry, f.enrolment(token));
            tokio::spawn(async move { store.enrol(registry, &[enrolment]).await.unwrap() })
        })
        .collect();
    let mut places = Vec::new();
    for task in tasks {
        places.push(task.await.unwrap());
    }
    places.sort_unstable();
    assert_eq!(places, (0..16).collect::<Vec<_>>());
    let changes = f.store.leaf_changes(f.registry, 0, u64::MAX, 100).await.unwrap();
    assert!(changes.iter().map(|change| change.seq).eq(1..=16));
}
