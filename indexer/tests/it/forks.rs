//! Nodes that lag, and forks that die.

use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::PgPool;
use veilpass_chain::PROGRAM_ID;
use veilpass_indexer::FollowError;
use veilpass_store::Store;

use crate::{
    chain::{Chain, PATIENCE, follower_of, rows, same_again},
    follow::sequences,
};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_node_that_lags_takes_nothing_back(pool: PgPool) {
    let chain = Chain::start().await;
    let proxy = chain.proxy().await;
    let faults = proxy.faults();
    let mut follower = follower_of(&proxy, &pool);
    chain.publish_many(0..5).await;
    // Twice: the final slot that is shown later must not be before these.
    chain.finalize().await;
    chain.finalize().await;
    chain.publish_many(5..8).await;
    chain.confirm().await;
    follower.poll().await.unwrap();
    let all: Vec<_> = (1..=8).collect();
    assert_eq!(sequences(&pool).await, all);

    // Behind what is confirmed: it does not know the newest, and they stay.
    faults.lag(25);
    chain.publish_many(8..10).await;
    chain.confirm().await;
    let polled = follower.poll().await.unwrap();
    assert_eq!(polled.vanished, 0);
    let found = sequences(&pool).await;
    assert_eq!(found[..8], all);
    // Behind what is final.
    faults.lag(2_000);
    let refused = follower.poll().await;
    assert!(matches!(refused, Err(FollowError::NodeBehind { .. })), "{refused:?}");
    assert_eq!(sequences(&pool).await, found);

    faults.lag(0);
    follower.poll().await.unwrap();
    assert_eq!(sequences(&pool).await, (1..=10).collect::<Vec<_>>());
    assert_eq!(same_again(follower, &pool).await.len(), 11);
}

/// One address with nodes behind it of which each lags as it likes: two requests of one look meet two of them.
#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn nodes_that_disagree_take_nothing_back_and_hide_nothing_for_good(pool: PgPool) {
    const ROUNDS: u64 = 30;
    let chain = Chain::start().await;
    let proxy = chain.proxy().await;
    let faults = proxy.faults();
    let mut follower = follower_of(&proxy, &pool);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mixing = {
        let faults = faults.clone();
        tokio::spawn(async move {
            let mut seen = 0;
            loop {
                let requests = faults.counts().requests;
                if requests > seen {
                    seen = requests;
                    faults.lag([0, 3, 20, 45, 150][rng.random_range(0..5)]);
                }
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        })
    };
    let store = Store::from_pool(pool.clone());
    for round in 0..ROUNDS {
        chain.publish_many(2 * round..2 * round + 2).await;
        let before = sequences(&pool).await.len();
        let polled = follower.poll().await;
        let found = sequences(&pool).await;
        assert!(found.iter().copied().eq(1..=found.len() as u64), "a gap: {found:?}");
        assert!(found.len() >= before, "{} rows of {before} after {polled:?}", found.len());
        assert_eq!(polled.map_or(0, |polled| polled.vanished), 0);
        // What is said to be complete is.
        if let Some(progress) = store.chain_progress(&PROGRAM_ID.to_string()).await.unwrap() {
            let known: Vec<_> = rows(&pool).await.into_iter().map(|event| event.signature).collect();
            for (signature, slot) in chain.transactions().await {
                let missing = slot <= progress.indexed_slot && !known.contains(&signature);
                assert!(!missing, "{signature} of slot {slot} is missing: {progress:?}");
            }
        }
    }
    mixing.abort();
    let _ = mixing.await;
    faults.clear();
    chain.confirm().await;
    follower.poll().await.unwrap();
    assert_eq!(sequences(&pool).await, (1..=2 * ROUNDS).collect::<Vec<_>>());
    assert_eq!(same_again(follower, &pool).await.len() as u64, 2 * ROUNDS + 1);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn rows_of_a_fork_that_dies_go_and_come_back_where_the_other_has_them(pool: PgPool) {
    let chain = Chain::start().await;
    let proxy = chain.proxy().await;
    let faults = proxy.faults();
    let mut follower = follower_of(&proxy, &pool);
    chain.publish_many(0..3).await;
    chain.finalize().await;
    follower.poll().await.unwrap();
    chain.publish_many(3..8).await;
    chain.confirm().await;
    follower.poll().await.unwrap();
    let before = rows(&pool).await;
    assert_eq!(before.len(), 9);
    let newest: Vec<_> = before.iter().rev().take(4).collect();
    assert!(newest.iter().all(|event| !event.finalized));
    // Two die, one moves at once, one is in no slot for a while.
    let [dead, moved] = [&newest[..2], &newest[2..]];
    let at_once = newest[2].slot + 1;
    let (confirmed, _) = chain.ledger().slots().await.unwrap();
    let later = confirmed + 100;
    faults.fork_away(dead.iter().map(|event| &event.signature));
    faults.fork_to(at_once, [&moved[0].signature]);
    faults.fork_to(later, [&moved[1].signature]);
    follower.poll().await.unwrap();
    let slot_of = |rows: &[veilpass_store::ChainEvent], signature: &str| {
        rows.iter().find(|event| event.signature == signature).map(|event| event.slot)
    };
    assert_eq!(slot_of(&rows(&pool).await, &moved[0].signature), Some(at_once));

    let start = Instant::now();
    let mut vanished = 0;
    while slot_of(&rows(&pool).await, &moved[1].signature) != Some(later) {
        vanished += follower.poll().await.unwrap().vanished;
        assert!(start.elapsed() < PATIENCE, "{:?}", rows(&pool).await);
    }
    assert_eq!(vanished, 3, "the row that came back later was gone, too");
    let after = same_again(follower, &pool).await;
    assert_eq!(after.len(), 7);
    assert!(dead.iter().all(|event| slot_of(&after, &event.signature).is_none()));
    assert_eq!(slot_of(&after, &moved[0].signature), Some(at_once));
}
