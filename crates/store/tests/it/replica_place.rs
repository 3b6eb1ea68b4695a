//! One replica alone, or several that share.

use sqlx::PgPool;
use veilpass_store::{PlaceAttempt, ReplicaPlace};

use crate::fixture::fixture;

fn held(attempt: PlaceAttempt) -> ReplicaPlace {
    match attempt {
        PlaceAttempt::Held(place) => place,
        PlaceAttempt::Taken(holders) => panic!("taken by {holders:?}"),
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn one_alone_or_several_that_share(pool: PgPool) {
    let store = fixture(&pool).await.store;
    let attempt = async |shared| store.try_take_place(shared).await.unwrap();
    let alone = held(attempt(false).await);
    for shared in [true, false] {
        let PlaceAttempt::Taken(holders) = attempt(shared).await else { panic!("two, and one is alone") };
        assert_eq!(holders.len(), 1, "the one who has it is named: {holders:?}");
    }
    alone.give_up().await;
    let one = held(attempt(true).await);
    let mut two = held(attempt(true).await);
    assert!(matches!(attempt(false).await, PlaceAttempt::Taken(_)));
    one.give_up().await;
    // As when the server restarts.
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND mode = 'ShareLock'")
        .execute(&pool)
        .await
        .unwrap();
    while two.is_held().await {}
    while matches!(attempt(false).await, PlaceAttempt::Taken(_)) {}
}
