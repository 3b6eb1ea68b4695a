//! Nodes that do not answer, or nonsense.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_fault_proxy::Fault;
use veilpass_indexer::Ledger;

use crate::{
    chain::{Chain, follower_of, has_old_news, outdate_news, rows, same_again},
    follow::sequences,
};

/// Each of a look's requests fails in each way, while roots are published. What a look wrote before it failed stays, in whole
/// transactions and in order, and is no news of the chain.
#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_look_that_fails_loses_and_doubles_nothing(pool: PgPool) {
    let chain = Chain::start().await;
    let proxy = chain.proxy().await;
    let faults = proxy.faults();
    let mut follower = follower_of(&proxy, &pool);
    let mut published = 0;
    follower.poll().await.unwrap();
    let kinds = Fault::ALL.into_iter().filter(|fault| !matches!(fault, Fault::SendTwice | Fault::SwallowSend));
    for fault in kinds {
        // The RPC's client itself waits and asks again, five times.
        let fault = match fault {
            Fault::TooManyRequests { .. } => Fault::TooManyRequests { retry_after_seconds: Some(0) },
            other => other,
        };
        for method in ["getSlot", "getSignaturesForAddress", "getTransaction"] {
            chain.publish_many(published..published + 3).await;
            published += 3;
            chain.confirm().await;
            faults.set_for(method, Some(fault));
            outdate_news(&pool).await;
            let failed = follower.poll().await;
            assert!(failed.is_err(), "{fault:?} of {method}: {failed:?}");
            assert!(has_old_news(&pool).await, "{fault:?} of {method}");
            let before: Vec<_> = (1..=published - 3).collect();
            assert_eq!(sequences(&pool).await, before, "{fault:?} of {method}");
            faults.clear();
            follower.poll().await.unwrap();
            let all: Vec<_> = (1..=published).collect();
            assert_eq!(sequences(&pool).await, all, "after {fault:?} of {method}");
            assert!(!has_old_news(&pool).await, "after {fault:?} of {method}");
        }
    }
    faults.refuse_rpc(true);
    // The proxy takes a moment to close its doors.
    while follower.poll().await.is_ok() {}
    faults.clear();
    while follower.poll().await.is_err() {}
    assert_eq!(same_again(follower, &pool).await.len() as u64, published + 1);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn faults_drawn_by_a_seed_lose_and_double_nothing(pool: PgPool) {
    const ROOTS: u64 = 40;
    let chain = Chain::start().await;
    let proxy = chain.proxy().await;
    let faults = proxy.faults();
    let mut follower = follower_of(&proxy, &pool);
    let (mut failed, mut published) = (0, 0);
    for seed in 0..4 {
        chain.publish_many(published..published + ROOTS).await;
        published += ROOTS;
        chain.confirm().await;
        // A look in batches takes four or five requests, one without forty more: most looks fail.
        let alone = seed % 2 == 1;
        faults.refuse_batches(alone);
        faults.draw(seed, if alone { 40 } else { 400 });
        while sequences(&pool).await.len() as u64 != published {
            let before = rows(&pool).await;
            let polled = follower.poll().await;
            failed += u32::from(polled.is_err());
            let after = sequences(&pool).await;
            assert!(after.iter().copied().eq(1..=after.len() as u64), "seed {seed}: a gap in {after:?}");
            assert!(after.len() + 1 >= before.len(), "seed {seed}: rows went");
        }
        faults.clear();
    }
    assert!(failed > 3, "{failed} looks failed");
    follower.poll().await.unwrap();
    assert_eq!(same_again(follower, &pool).await.len() as u64, published + 1);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_node_that_takes_no_batches_is_read_all_the_same(pool: PgPool) {
    let chain = Chain::start().await;
    let proxy = chain.proxy().await;
    proxy.faults().refuse_batches(true);
    chain.publish_many(0..30).await;
    chain.confirm().await;
    let mut follower = follower_of(&proxy, &pool);
    follower.poll().await.unwrap();
    assert_eq!(sequences(&pool).await, (1..=30).collect::<Vec<_>>());
    assert!(proxy.faults().counts().requests > 31, "one request for each transaction");
    proxy.faults().clear();
    assert_eq!(same_again(follower, &pool).await.len(), 31);
}

/// What failed is logged; the URL of an RPC is mostly a key.
#[tokio::test]
async fn an_error_says_why_and_not_the_url() {
    let proxy = veilpass_fault_proxy::FaultProxy::start("http://127.0.0.1:1", "ws://127.0.0.1:1").await.unwrap();
    let faults = proxy.faults();
    let url = format!("{}/?api-key=hunter2", proxy.rpc_url());
    let ledger = Ledger::new(url, Duration::from_millis(200), 1);
    for (fault, reason) in [
        (Fault::TimeOut, "no answer in time"),
        (Fault::Unavailable, "HTTP 503"),
        (Fault::NodeBehind, "Node is behind by 42 slots (-32005)"),
        (Fault::Nonsense, "no JSON"),
        (Fault::Disconnect, "the connection broke"),
    ] {
        faults.set(Some(fault));
        let error = ledger.slots().await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(reason) && !text.contains("hunter2"), "{text}");
    }
}
