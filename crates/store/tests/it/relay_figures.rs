//! What waits for the chain, and how old its roots are.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_store::RelayFigures;

use crate::{
    events::{PROGRAM, batch, event, published},
    fixture::anchored_fixture,
};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn figures_say_what_waits_and_how_old_roots_are(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    sqlx::query("UPDATE registries SET program_id = $1").bind(PROGRAM).execute(&pool).await.unwrap();
    let figures = async || f.store.relay_figures(PROGRAM).await.unwrap();
    assert_eq!(figures().await, RelayFigures::default(), "nothing waits, and there is no root");

    f.publish(1, 100).await;
    sqlx::query("UPDATE chain_outbox SET created_at = now() - interval '1 h'").execute(&pool).await.unwrap();
    sqlx::query("UPDATE leaf_changes SET changed_at = now() - interval '2 h'").execute(&pool).await.unwrap();
    let waiting = figures().await;
    assert_eq!((waiting.publish.pending, waiting.settle.pending, waiting.root_age), (1, 0, None));
    assert!(waiting.publish.oldest >= Duration::from_secs(3600) && waiting.settle.oldest.is_zero());
    assert!(waiting.root_overdue >= Duration::from_secs(7200), "it is not on the chain yet: {waiting:?}");

    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(100, 1, 0))])).await.unwrap();
    sqlx::query("UPDATE chain_outbox SET state = 'final', tx_signature = repeat('1', 64)")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("UPDATE roots SET created_at = now() - interval '45 min', expires_at = now() + interval '15 min'")
        .execute(&pool)
        .await
        .unwrap();
    let there = figures().await;
    assert_eq!((there.publish.pending, there.root_overdue), (0, Duration::ZERO));
    assert!(there.root_age.unwrap() >= Duration::from_secs(45 * 60), "{there:?}");
    let remaining = there.root_remaining.unwrap();
    assert!(remaining > 0.2 && remaining <= 0.25, "{remaining}");

    let id = f.store.record_verification_to_settle(&f.verification(7, 100, 1), &[7; 7232]).await.unwrap();
    sqlx::query("UPDATE chain_outbox SET created_at = now() - interval '1 min' WHERE verification_id = $1")
        .bind(id)
        .execute(&pool)
        .await
        .unwrap();
    f.publish(2, 200).await;
    sqlx::query("UPDATE roots SET expires_at = now() - interval '1 s' WHERE chain_slot IS NOT NULL")
        .execute(&pool)
        .await
        .unwrap();
    let both = figures().await;
    assert_eq!((both.settle.pending, both.publish.pending, both.root_remaining), (1, 1, Some(0.0)));
    assert!(both.settle.oldest >= Duration::from_secs(60) && both.settle.oldest < Duration::from_secs(600));
    assert!(both.root_age >= there.root_age, "the newest on the chain is still the first");
    assert_eq!(f.store.relay_figures("another").await.unwrap().root_age, None, "of another program");
}
