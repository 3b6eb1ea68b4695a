//! How long the queue is, and who serves it.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_protocol::ProverKeyId;
use veilpass_store::ProverReport;

use crate::fixture::{PROVER_KEY, fixture};

fn report(name: &str, workers: u16, milliseconds: u64) -> ProverReport {
    let key = ProverKeyId::of_public_key(&PROVER_KEY);
    ProverReport { name: name.into(), key, workers, mean_proof: Duration::from_millis(milliseconds) }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_load_of_a_key_is_its_open_jobs_and_its_live_workers(pool: PgPool) {
    let f = fixture(&pool).await;
    let silent = f.store.queue_load().await.unwrap();
    assert_eq!((silent.keys.len(), silent.keys[0].workers, silent.keys[0].open), (1, 0, 0));
    for number in 1..=3 {
        f.store.enqueue_job(&f.job(number), 10).await.unwrap();
    }
    f.lease().await.unwrap();
    f.store.report_prover(&report("a", 3, 100)).await.unwrap();
    f.store.report_prover(&report("b", 9, 9)).await.unwrap();
    f.store.report_prover(&report("b", 1, 300)).await.unwrap();
    let other = ProverReport { key: ProverKeyId::of_public_key(&[1; 32]), ..report("other", 50, 1) };
    f.store.report_prover(&other).await.unwrap();
    let load = f.store.queue_load().await.unwrap();
    assert_eq!((load.queued, load.keys.len()), (2, 1));
    assert_eq!((load.keys[0].open, load.keys[0].workers), (3, 4));
    assert_eq!(load.keys[0].mean_proof, Duration::from_millis(150));

    // A prover that says nothing any more counts no more, and is forgotten by the next that speaks.
    sqlx::query(
        "UPDATE provers SET seen_at = now() - interval '1 min', expires_at = now() - interval '1 s' WHERE name = 'a'",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(f.store.queue_load().await.unwrap().keys[0].workers, 1);
    f.store.report_prover(&report("b", 1, 300)).await.unwrap();
    let names: Vec<String> =
        sqlx::query_scalar("SELECT name FROM provers ORDER BY name").fetch_all(&pool).await.unwrap();
    assert_eq!(names, ["b", "other"]);
    f.store.withdraw_prover("b").await.unwrap();
    let live: Vec<_> = f.store.live_provers().await.unwrap().into_iter().map(|live| live.report).collect();
    assert_eq!(live, [other]);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_depth_says_how_old_the_oldest_is_that_waits(pool: PgPool) {
    let f = fixture(&pool).await;
    for number in 1..=3 {
        f.store.enqueue_job(&f.job(number), 10).await.unwrap();
    }
    let leased = f.lease().await.unwrap().id;
    sqlx::query(
        "UPDATE proof_jobs SET created_at = now() - CASE WHEN id = $1 THEN interval '1 d' ELSE interval '1 h' END",
    )
    .bind(leased)
    .execute(&pool)
    .await
    .unwrap();
    let depth = f.store.queue_depth().await.unwrap();
    assert_eq!((depth.queued, depth.leased), (2, 1));
    let age = depth.oldest_queued_age.unwrap();
    assert!(age >= Duration::from_secs(3600) && age < Duration::from_secs(7200), "{age:?}");
}
