//! Waiting for jobs and for their ends. Where it matters the poll is an hour: only a notification can have woken.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_store::{JobFailure, JobSignals, MAX_END_WAITS, Store};

use crate::fixture::fixture;

const HOUR: Duration = Duration::from_secs(3600);

/// The server's process for the connection that listens.
async fn listeners(pool: &PgPool) -> Vec<i32> {
    sqlx::query_scalar("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %' AND pid <> pg_backend_pid()")
        .fetch_all(pool)
        .await
        .unwrap()
}

async fn listening(store: &Store, pool: &PgPool) -> JobSignals {
    let signals = store.job_signals_with(HOUR);
    while listeners(pool).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    signals
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_queued_job_wakes_every_prover(pool: PgPool) {
    let f = fixture(&pool).await;
    let signals = listening(&f.store, &pool).await;
    let (mut one, mut other) = (signals.watch_queue(), signals.watch_queue());
    // What the listener says when it begins.
    tokio::time::timeout(Duration::from_millis(200), one.wait_for_job(HOUR)).await.ok();
    tokio::time::timeout(Duration::from_millis(200), other.wait_for_job(HOUR)).await.ok();
    let waiting = tokio::spawn(async move { other.wait_for_job(HOUR).await });
    f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    waiting.await.unwrap();
    // Nobody waited when it came; it is not lost.
    one.wait_for_job(HOUR).await;
    // A job that is given back is waited for as well.
    let lease = f.lease().await.unwrap();
    let waiting = tokio::spawn(async move { one.wait_for_job(HOUR).await });
    f.store.release_job(lease.id, lease.lease_id).await.unwrap();
    waiting.await.unwrap();
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn every_end_wakes_who_waits_for_it(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let signals = listening(&f.store, &pool).await;
    let wait_for = |id| {
        let permit = signals.try_wait().unwrap();
        tokio::spawn(async move { permit.wait_for_end(id, HOUR).await })
    };
    let mut number = 0;
    let mut leased = async || {
        number += 1;
        f.store.enqueue_job(&f.job(number), 10).await.unwrap();
        f.lease().await.unwrap()
    };
    let done = leased().await;
    let waits = [wait_for(done.id), wait_for(done.id)];
    f.store.complete_job(done.id, done.lease_id, seq, &[1; 7232]).await.unwrap();
    for wait in waits {
        assert!(wait.await.unwrap());
    }
    let failed = leased().await;
    let wait = wait_for(failed.id);
    f.store.fail_job(failed.id, failed.lease_id, JobFailure::NotAMember).await.unwrap();
    assert!(wait.await.unwrap());
    let cancelled = leased().await;
    let wait = wait_for(cancelled.id);
    f.cancel(cancelled.id).await;
    assert!(wait.await.unwrap());
    // It has ended already.
    assert!(wait_for(done.id).await.unwrap());
    // It does not end.
    let open = leased().await.id;
    assert!(!signals.try_wait().unwrap().wait_for_end(open, Duration::from_millis(50)).await);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_listener_that_is_killed_listens_again_and_looks_for_what_it_missed(pool: PgPool) {
    let f = fixture(&pool).await;
    let signals = listening(&f.store, &pool).await;
    let id = f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    let mut watch = signals.watch_queue();
    let permit = signals.try_wait().unwrap();
    let ended = tokio::spawn(async move { permit.wait_for_end(id, HOUR).await });
    for pid in listeners(&pool).await {
        sqlx::query("SELECT pg_terminate_backend($1)").bind(pid).execute(&pool).await.unwrap();
    }
    f.cancel(id).await;
    assert!(ended.await.unwrap());
    f.store.enqueue_job(&f.job(2), 10).await.unwrap();
    watch.wait_for_job(HOUR).await;
}

/// Without any notification at all.
#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_poll_finds_what_nobody_told(pool: PgPool) {
    let f = fixture(&pool).await;
    for trigger in ["proof_jobs_say_ended", "proof_jobs_say_queued"] {
        sqlx::query(&format!("DROP TRIGGER {trigger} ON proof_jobs")).execute(&pool).await.unwrap();
    }
    let signals = f.store.job_signals_with(Duration::from_millis(20));
    let id = f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    let permit = signals.try_wait().unwrap();
    let ended = tokio::spawn(async move { permit.wait_for_end(id, HOUR).await });
    signals.watch_queue().wait_for_job(Duration::from_millis(20)).await;
    f.cancel(id).await;
    assert!(ended.await.unwrap());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn waits_are_bounded_and_the_connection_is_given_back(pool: PgPool) {
    let f = fixture(&pool).await;
    let signals = listening(&f.store, &pool).await;
    let mut permits: Vec<_> = (0..MAX_END_WAITS).map(|_| signals.try_wait().unwrap()).collect();
    assert!(signals.try_wait().is_none());
    permits.pop();
    assert!(signals.try_wait().is_some());
    drop((permits, signals));
    while !listeners(&pool).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
