//! What is left of ended jobs.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_store::JobState;

use crate::fixture::fixture;

const HOUR: Duration = Duration::from_secs(3600);

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn ended_jobs_are_archived_without_what_could_be_joined(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let old = f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    let lease = f.lease().await.unwrap();
    f.store.complete_job(old, lease.lease_id, seq, &[1; 7232]).await.unwrap();
    let open = f.store.enqueue_job(&f.job(2), 10).await.unwrap();
    sqlx::query("UPDATE proof_jobs SET finished_at = now() - interval '61 min' WHERE id = $1")
        .bind(old)
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("UPDATE proof_jobs SET created_at = now() - interval '2 h'").execute(&pool).await.unwrap();
    let fresh = f.store.enqueue_job(&f.job(3), 10).await.unwrap();
    f.cancel(fresh).await;

    assert_eq!(f.store.archive_jobs(HOUR).await.unwrap(), (1, 0));
    assert!(f.store.job(old).await.unwrap().is_none());
    assert_eq!(f.store.archived_job(old, f.token_of(old).await).await.unwrap().unwrap().retention, HOUR);
    assert_eq!(f.store.archived_job(fresh, f.token_of(fresh).await).await.unwrap(), None);
    assert_eq!(f.store.job(open).await.unwrap().unwrap().state, JobState::Queued, "open jobs stay, however old");
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'proof_jobs_archive'
         AND column_name IN ('nullifier', 'context', 'proof', 'sealed_witness', 'request_hash', 'client_bucket', 'round')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(columns.is_empty(), "{columns:?}");

    // The same request is a new job now.
    assert_ne!(f.store.enqueue_job(&f.job(1), 10).await.unwrap(), old);
    sqlx::query("UPDATE proof_jobs_archive SET finished_at = now() - interval '29 d'").execute(&pool).await.unwrap();
    assert_eq!(f.store.archive_jobs(HOUR).await.unwrap(), (0, 0));
    sqlx::query("UPDATE proof_jobs_archive SET finished_at = now() - interval '31 d'").execute(&pool).await.unwrap();
    assert_eq!(f.store.archive_jobs(HOUR).await.unwrap(), (0, 1));
    assert_eq!(f.store.archived_job(old, f.token_of(old).await).await.unwrap(), None);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn two_that_archive_at_once_move_each_job_once(pool: PgPool) {
    let f = fixture(&pool).await;
    for number in 1..=40 {
        let id = f.store.enqueue_job(&f.job(number), 100).await.unwrap();
        f.cancel(id).await;
    }
    sqlx::query("UPDATE proof_jobs SET finished_at = now() - interval '2 h'").execute(&pool).await.unwrap();
    let (one, other) = tokio::join!(f.store.archive_jobs(HOUR), f.store.archive_jobs(HOUR));
    let (rest, _) = f.store.archive_jobs(HOUR).await.unwrap();
    assert_eq!(one.unwrap().0 + other.unwrap().0 + rest, 40);
    let archived: i64 = sqlx::query_scalar("SELECT count(*) FROM proof_jobs_archive").fetch_one(&pool).await.unwrap();
    assert_eq!(archived, 40);
}
