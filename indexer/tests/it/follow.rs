//! Following, being interrupted, and reading again come to the same rows.

use std::time::{Duration, Instant};

use sqlx::PgPool;
use veilpass_chain::PROGRAM_ID;
use veilpass_store::{ChainEventContent, Store};

use crate::chain::{Chain, rows};

/// Numbers of the roots in the rows, in order.
pub(crate) async fn sequences(pool: &PgPool) -> Vec<u64> {
    let mut found: Vec<_> = rows(pool)
        .await
        .iter()
        .filter_map(|event| match event.content {
            ChainEventContent::MerkleRootUpdated { sequence, .. } => Some(sequence),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn rows_are_confirmed_first_and_final_later(pool: PgPool) {
    let chain = Chain::start().await;
    let mut follower = chain.follower(&pool);
    for sequence in 0..10 {
        chain.publish(sequence).await;
        follower.poll().await.unwrap();
    }
    let mut confirmed = 0;
    let start = Instant::now();
    loop {
        let polled = follower.poll().await.unwrap();
        assert_eq!((polled.vanished, polled.skipped), (0, 0));
        let counts = Store::from_pool(pool.clone()).chain_counts(&PROGRAM_ID.to_string()).await.unwrap();
        confirmed = confirmed.max(counts.confirmed);
        if counts.finalized == 11 {
            assert_eq!(counts.confirmed, 0);
            break;
        }
        assert!(start.elapsed() < crate::chain::PATIENCE, "{counts:?}");
    }
    assert!(confirmed > 0, "rows are there before they are final");
    assert_eq!(sequences(&pool).await, (1..=10).collect::<Vec<_>>());
    let live = rows(&pool).await;
    sqlx::query("TRUNCATE chain_events, chain_cursors").execute(&pool).await.unwrap();
    let mut afresh = chain.follower(&pool);
    afresh.poll().await.unwrap();
    assert_eq!(rows(&pool).await, live, "what was followed live is what a backfill finds");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn an_indexer_that_dies_anywhere_loses_and_doubles_nothing(pool: PgPool) {
    const ROOTS: u64 = 600;
    let chain = Chain::start().await;
    chain.publish_many(0..ROOTS).await;
    chain.finalize().await;
    let mut deaths = 0;
    // Cut off after longer and longer times, until one lives.
    for attempt in 1.. {
        let mut follower = chain.follower(&pool);
        let life = Duration::from_millis(10 * attempt);
        if let Ok(polled) = tokio::time::timeout(life, follower.poll()).await {
            polled.unwrap();
            break;
        }
        deaths += 1;
    }
    assert!(deaths > 2, "died {deaths} times");
    let all: Vec<_> = (1..=ROOTS).collect();
    assert_eq!(sequences(&pool).await, all);
    let resumed = rows(&pool).await;
    assert_eq!(resumed.len() as u64, ROOTS + 1);

    sqlx::query("TRUNCATE chain_events, chain_cursors").execute(&pool).await.unwrap();
    let mut follower = chain.follower(&pool);
    let start = Instant::now();
    let polled = follower.poll().await.unwrap();
    let rate = polled.events as f64 / start.elapsed().as_secs_f64();
    println!("backfill of {} events: {rate:.0} events/s", polled.events);
    assert_eq!(rows(&pool).await, resumed);

    // From a slot in the middle, over rows that are gone, wrong, or right.
    let middle = resumed[resumed.len() / 2].slot;
    for damage in [
        "DELETE FROM chain_events WHERE slot >= $1",
        "UPDATE chain_events SET root = decode(repeat('01', 32), 'hex'), finalized = false WHERE slot >= $1 AND root IS NOT NULL",
        "SELECT $1::bigint",
    ] {
        sqlx::query(damage).bind(middle.cast_signed()).execute(&pool).await.unwrap();
        let mut follower = chain.follower(&pool);
        follower.reindex_from(middle);
        let polled = follower.poll().await.unwrap();
        assert!(polled.events < ROOTS, "only from the slot on");
        assert_eq!(rows(&pool).await, resumed, "{damage}");
        assert!(!follower.poll().await.unwrap().changed());
    }
}
