use sqlx::PgPool;
use veilpass_store::RecordError;

use crate::fixture::{fixture, root};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn of_many_uses_of_a_nullifier_at_once_exactly_one_counts(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let tasks: Vec<_> = (0..12)
        .map(|_| {
            let (store, record) = (f.store.clone(), f.verification(7, 100, seq));
            tokio::spawn(async move { store.record_verification(&record).await })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(RecordError::NullifierUsed) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(accepted, 1);
    assert_eq!(f.store.verification_counts().await.unwrap(), (1, 1));
    assert!(f.store.is_nullifier_used(f.statement(7).nullifier).await.unwrap());
    assert!(!f.store.is_nullifier_used(f.statement(8).nullifier).await.unwrap());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_root_that_ended_since_it_was_looked_up_spends_nothing(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    f.store.revoke(f.registry, 0).await.unwrap();
    f.store.publish_root(f.registry, root(101), 2, 1).await.unwrap();
    let refused = f.store.record_verification(&f.verification(7, 100, seq)).await;
    assert!(matches!(refused, Err(RecordError::RootNotFresh)), "{refused:?}");
    let other_root = f.store.record_verification(&f.verification(7, 100, seq + 1)).await;
    assert!(matches!(other_root, Err(RecordError::RootNotFresh)), "number and value must belong together");
    assert_eq!(f.store.verification_counts().await.unwrap(), (0, 0));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn no_table_lets_a_verification_be_joined_to_a_wallet(pool: PgPool) {
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns WHERE table_name IN ('verifications', 'nullifiers')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(columns.len() > 10);
    for forbidden in ["wallet", "token", "leaf", "commitment", "job"] {
        assert!(!columns.iter().any(|column| column.contains(forbidden)), "{forbidden} in {columns:?}");
    }
}
