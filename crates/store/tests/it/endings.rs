//! Cancelled and given-up jobs.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;
use veilpass_store::{AttemptFailure, Cancelled, JobFailure, JobOutcome, JobState, MAX_ATTEMPTS, ProofJob};

use crate::fixture::{Fixture, LEASE, fixture};

fn failure(job: &ProofJob) -> Option<JobFailure> {
    match job.outcome {
        Some(JobOutcome::Failed(failure)) => Some(failure),
        _ => None,
    }
}

async fn job(f: &Fixture, id: Uuid) -> ProofJob {
    f.store.job(id).await.unwrap().unwrap()
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_worker_can_do_nothing_to_a_cancelled_job(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let id = f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    let lease = f.lease().await.unwrap();
    assert_eq!(f.cancel(id).await, Cancelled::Now);
    assert_eq!(failure(&job(&f, id).await), Some(JobFailure::Cancelled));

    assert!(!f.store.heartbeat(id, lease.lease_id, LEASE).await.unwrap());
    assert!(!f.store.complete_job(id, lease.lease_id, seq, &[1; 7232]).await.unwrap());
    assert!(!f.store.fail_job(id, lease.lease_id, JobFailure::NotAMember).await.unwrap());
    assert!(!f.store.retry_job(id, lease.lease_id, AttemptFailure::Internal).await.unwrap());
    assert!(!f.store.release_job(id, lease.lease_id).await.unwrap());
    assert_eq!(failure(&job(&f, id).await), Some(JobFailure::Cancelled));
    assert_eq!(f.cancel(id).await, Cancelled::HadEnded);
    assert!(f.lease().await.is_none());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn cancelling_needs_a_token_and_changes_nothing_that_ended(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let (done, queued) =
        (f.store.enqueue_job(&f.job(1), 10).await.unwrap(), f.store.enqueue_job(&f.job(2), 10).await.unwrap());
    let lease = f.lease().await.unwrap();
    assert!(f.store.complete_job(done, lease.lease_id, seq, &[1; 7232]).await.unwrap());
    let token = f.token_of(done).await;
    for wrong in [Uuid::new_v4(), queued] {
        assert_eq!(f.store.cancel_job(wrong, token).await.unwrap(), Cancelled::Unknown, "another job's token");
    }
    assert_eq!(job(&f, queued).await.state, JobState::Queued);
    assert_eq!(f.cancel(done).await, Cancelled::HadEnded);
    assert_eq!(job(&f, done).await.state, JobState::Done);
    sqlx::query("UPDATE proof_jobs SET finished_at = now() - interval '1 h'").execute(&pool).await.unwrap_err();
    sqlx::query("UPDATE proof_jobs SET finished_at = now() - interval '1 h' WHERE state = 'done'")
        .execute(&pool)
        .await
        .unwrap();
    f.store.archive_jobs(Duration::from_secs(60)).await.unwrap();
    assert_eq!(f.cancel(done).await, Cancelled::HadEnded, "archived");
}

/// A client loses its connection and repeats the request; then the first request is noticed to be gone.
#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_job_ends_with_the_last_who_wants_it(pool: PgPool) {
    let f = fixture(&pool).await;
    let id = f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    assert_eq!(f.store.enqueue_job(&f.job(1), 10).await.unwrap(), id);
    assert!(!f.store.abandon_job(id, f.token_of(id).await).await.unwrap());
    assert_eq!(job(&f, id).await.state, JobState::Queued);
    assert!(f.store.abandon_job(id, f.token_of(id).await).await.unwrap());
    assert_eq!(failure(&job(&f, id).await), Some(JobFailure::Cancelled));
    assert!(!f.store.abandon_job(id, f.token_of(id).await).await.unwrap());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_dead_letter_says_why_its_last_attempt_failed(pool: PgPool) {
    let f = fixture(&pool).await;
    let mut dead = Vec::new();
    for (number, last) in
        [(1, AttemptFailure::WorkerMemory), (2, AttemptFailure::WorkerHung), (3, AttemptFailure::WorkerHung)]
    {
        let id = f.store.enqueue_job(&f.job(number), 10).await.unwrap();
        for attempt in 1..=MAX_ATTEMPTS {
            let lease = f.lease().await.unwrap();
            let reason = if attempt < MAX_ATTEMPTS { AttemptFailure::WorkerCrashed } else { last };
            assert!(f.store.retry_job(id, lease.lease_id, reason).await.unwrap());
            let now = job(&f, id).await;
            assert_eq!(now.last_error, Some(reason));
            assert_eq!(now.state, if attempt < MAX_ATTEMPTS { JobState::Queued } else { JobState::Failed });
        }
        assert_eq!(failure(&job(&f, id).await), Some(JobFailure::AttemptsExhausted));
        dead.push(id);
    }
    // One of them is in the archive, and one is older than the period.
    for (id, age) in [(dead[0], "2 h"), (dead[1], "30 h")] {
        sqlx::query(&format!("UPDATE proof_jobs SET finished_at = now() - interval '{age}' WHERE id = $1"))
            .bind(id)
            .execute(&pool)
            .await
            .unwrap();
    }
    assert_eq!(f.store.archive_jobs(Duration::from_secs(3600)).await.unwrap(), (2, 0));
    let letters = f.store.dead_letters(Duration::from_secs(24 * 3600)).await.unwrap();
    let letters: Vec<_> = letters.iter().map(|letters| (letters.reason.as_deref().unwrap(), letters.count)).collect();
    assert_eq!(letters, [("worker_hung", 1), ("worker_memory", 1)]);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn jobs_for_a_key_that_nobody_serves_any_more_do_not_fill_the_queue_for_ever(pool: PgPool) {
    let f = fixture(&pool).await;
    let ids = [f.store.enqueue_job(&f.job(1), 10).await.unwrap(), f.store.enqueue_job(&f.job(2), 10).await.unwrap()];
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    assert_eq!(f.store.fail_unserved_jobs(minutes(0)).await.unwrap(), 0, "the key lives");
    sqlx::query("UPDATE prover_keys SET announced_at = now() - interval '1 h', expires_at = now() - interval '5 min'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(f.store.fail_unserved_jobs(minutes(10)).await.unwrap(), 0, "its prover may come back");
    assert_eq!(f.store.fail_unserved_jobs(minutes(4)).await.unwrap(), 2);
    for id in ids {
        assert_eq!(failure(&job(&f, id).await), Some(JobFailure::ProverGone));
    }
}
