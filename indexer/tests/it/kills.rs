//! The binary, killed at any time.

use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::PgPool;

use crate::{
    chain::{Chain, PATIENCE, same_again},
    follow::sequences,
    process::{Indexer, url_of},
};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn kills_lose_and_double_nothing(pool: PgPool) {
    kill_at_random(pool, 8, 1).await;
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
#[ignore = "long: ./veilpass test --long"]
async fn a_hundred_and_twenty_kills_lose_and_double_nothing(pool: PgPool) {
    kill_at_random(pool, 120, 2).await;
}

/// Kills the indexer that often while roots are published. Whenever it dies, the rows are those of the first roots, each once.
async fn kill_at_random(pool: PgPool, kills: u64, seed: u64) {
    const ROOTS: u64 = 12;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let chain = Chain::start().await;
    let database = url_of(&pool).await;
    let (mut at_work, mut between) = (0, 0);
    for round in 0..kills {
        let before = sequences(&pool).await.len() as u64;
        let indexer = Indexer::start(&chain.rpc_url, &chain.ws_url, &database);
        let publishing = chain.publish_many(round * ROOTS..(round + 1) * ROOTS);
        let dying = async {
            // Every other one lives until it has written; all die at any moment after.
            let rows = if round % 2 == 0 { 0 } else { before + rng.random_range(1..=ROOTS) };
            let start = Instant::now();
            while (sequences(&pool).await.len() as u64) < rows.min((round + 1) * ROOTS) {
                assert!(start.elapsed() < PATIENCE, "kill {round} of seed {seed}: no rows");
            }
            tokio::time::sleep(Duration::from_micros(rng.random_range(0..60_000))).await;
            indexer.kill();
        };
        tokio::join!(publishing, dying);
        let found = sequences(&pool).await;
        assert!(found.iter().copied().eq(1..=found.len() as u64), "kill {round} of seed {seed}: {found:?}");
        at_work += u64::from(found.len() as u64 > before);
        between += u64::from(found.len() as u64 != (round + 1) * ROOTS);
    }
    println!("{kills} kills: {at_work} after rows were written, {between} with rows still to be written");
    assert!(2 * at_work >= kills && between > 0, "kills before it is done and after");
    let indexer = Indexer::start(&chain.rpc_url, &chain.ws_url, &database);
    let all: Vec<_> = (1..=kills * ROOTS).collect();
    let start = Instant::now();
    while sequences(&pool).await != all {
        assert!(start.elapsed() < PATIENCE, "{:?}", sequences(&pool).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(indexer);
    assert_eq!(same_again(chain.follower(&pool), &pool).await.len() as u64, kills * ROOTS + 1);
}
