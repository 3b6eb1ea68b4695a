use sqlx::PgPool;
use veilpass_protocol::ProverKeyId;
use veilpass_store::{AttemptFailure, EnqueueError, JobFailure, JobOutcome, JobState, MAX_ATTEMPTS};

use crate::fixture::{LEASE, PROVER_KEY, element, fixture, root};

fn key() -> ProverKeyId {
    ProverKeyId::of_public_key(&PROVER_KEY)
}

async fn expire_leases(pool: &PgPool) {
    sqlx::query("UPDATE proof_jobs SET lease_expires_at = now() - interval '1 s' WHERE state = 'leased'")
        .execute(pool)
        .await
        .unwrap();
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_job_is_leased_once_in_order_and_completed(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let first = f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    let second = f.store.enqueue_job(&f.job(2), 10).await.unwrap();

    let lease = f.store.lease_job(key(), "a", LEASE).await.unwrap().unwrap();
    assert_eq!((lease.id, lease.attempts, lease.statement), (first, 1, f.statement(1)));
    assert_eq!(f.store.lease_job(key(), "b", LEASE).await.unwrap().unwrap().id, second);
    assert!(f.store.lease_job(key(), "c", LEASE).await.unwrap().is_none());
    let depth = f.store.queue_depth().await.unwrap();
    assert_eq!((depth.queued, depth.leased, depth.oldest_queued_age), (0, 2, None));

    assert!(f.store.heartbeat(first, lease.lease_id, LEASE).await.unwrap());
    assert!(f.store.complete_job(first, lease.lease_id, seq, &[3; 7232]).await.unwrap());
    let job = f.store.job(first).await.unwrap().unwrap();
    assert_eq!(job.state, JobState::Done);
    match job.outcome.unwrap() {
        JobOutcome::Proved { public_inputs } => {
            assert_eq!(public_inputs, f.statement(1).under_root(root(100)));
        }
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_stale_worker_can_do_nothing_to_a_job_that_was_leased_again(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let id = f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    let stale = f.store.lease_job(key(), "a", LEASE).await.unwrap().unwrap();
    expire_leases(&pool).await;
    assert_eq!(f.store.requeue_expired_jobs().await.unwrap(), (1, 0));
    let current = f.store.lease_job(key(), "b", LEASE).await.unwrap().unwrap();
    assert_eq!((current.id, current.attempts), (id, 2));
    assert_ne!(current.lease_id, stale.lease_id);

    assert!(!f.store.heartbeat(id, stale.lease_id, LEASE).await.unwrap());
    assert!(!f.store.complete_job(id, stale.lease_id, seq, &[1; 7232]).await.unwrap());
    assert!(!f.store.fail_job(id, stale.lease_id, JobFailure::NotAMember).await.unwrap());
    assert!(!f.store.release_job(id, stale.lease_id).await.unwrap());
    assert_eq!(f.store.job(id).await.unwrap().unwrap().state, JobState::Leased);

    assert!(f.store.complete_job(id, current.lease_id, seq, &[2; 7232]).await.unwrap());
    assert!(!f.store.complete_job(id, current.lease_id, seq, &[4; 7232]).await.unwrap(), "ended once");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_job_whose_leases_all_expire_fails_and_a_release_does_not_count(pool: PgPool) {
    let f = fixture(&pool).await;
    let id = f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    let released = f.store.lease_job(key(), "a", LEASE).await.unwrap().unwrap();
    assert!(f.store.release_job(id, released.lease_id).await.unwrap());
    for attempt in 1..=MAX_ATTEMPTS {
        assert_eq!(f.store.lease_job(key(), "a", LEASE).await.unwrap().unwrap().attempts, attempt);
        expire_leases(&pool).await;
        let expected = if attempt < MAX_ATTEMPTS { (1, 0) } else { (0, 1) };
        assert_eq!(f.store.requeue_expired_jobs().await.unwrap(), expected);
    }
    let job = f.store.job(id).await.unwrap().unwrap();
    assert!(matches!(job.outcome, Some(JobOutcome::Failed(JobFailure::AttemptsExhausted))), "{job:?}");
    assert_eq!(job.last_error, Some(AttemptFailure::LeaseExpired));
    assert!(f.store.lease_job(key(), "a", LEASE).await.unwrap().is_none());
}

/// Every way in which a job ends.
#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_sealed_witness_leaves_the_row_when_the_job_ends(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let witness = async |id| -> Option<Vec<u8>> {
        sqlx::query_scalar("SELECT sealed_witness FROM proof_jobs WHERE id = $1")
            .bind(id)
            .fetch_one(&pool)
            .await
            .unwrap()
    };
    let mut number = 0;
    let mut leased = async || {
        number += 1;
        let id = f.store.enqueue_job(&f.job(number), 10).await.unwrap();
        let lease = f.lease().await.unwrap();
        assert_eq!(lease.id, id);
        assert!(witness(id).await.is_some());
        lease
    };
    let done = leased().await;
    f.store.complete_job(done.id, done.lease_id, seq, &[3; 7232]).await.unwrap();
    assert_eq!(witness(done.id).await, None, "done");
    let failed = leased().await;
    f.store.fail_job(failed.id, failed.lease_id, JobFailure::NotAMember).await.unwrap();
    assert_eq!(witness(failed.id).await, None, "failed");
    let cancelled = leased().await;
    f.cancel(cancelled.id).await;
    assert_eq!(witness(cancelled.id).await, None, "cancelled");
    let abandoned = leased().await;
    f.store.abandon_job(abandoned.id, f.token_of(abandoned.id).await).await.unwrap();
    assert_eq!(witness(abandoned.id).await, None, "abandoned");
    let expired = leased().await;
    sqlx::query("UPDATE proof_jobs SET attempts = 3 WHERE state = 'leased'").execute(&pool).await.unwrap();
    expire_leases(&pool).await;
    f.store.requeue_expired_jobs().await.unwrap();
    assert_eq!(witness(expired.id).await, None, "lease expired for the last time");
    let retried = leased().await;
    sqlx::query("UPDATE proof_jobs SET attempts = 3 WHERE state = 'leased'").execute(&pool).await.unwrap();
    f.store.retry_job(retried.id, retried.lease_id, AttemptFailure::WorkerHung).await.unwrap();
    assert_eq!(witness(retried.id).await, None, "failed for the last time");
    let queued = f.store.enqueue_job(&f.job(99), 10).await.unwrap();
    f.cancel(queued).await;
    assert_eq!(witness(queued).await, None, "cancelled while it waited");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_queue_is_bounded_and_refuses_what_it_cannot_serve(pool: PgPool) {
    let f = fixture(&pool).await;
    f.store.enqueue_job(&f.job(1), 2).await.unwrap();
    f.store.enqueue_job(&f.job(2), 2).await.unwrap();
    assert!(matches!(f.store.enqueue_job(&f.job(3), 2).await, Err(EnqueueError::QueueFull)));
    f.store.lease_job(key(), "a", LEASE).await.unwrap().unwrap();
    f.store.enqueue_job(&f.job(3), 2).await.unwrap();

    let mut job = f.job(4);
    job.statement.track_id = veilpass_protocol::TrackId::new(element(404));
    assert!(matches!(f.store.enqueue_job(&job, 10).await, Err(EnqueueError::UnknownTrack)));
    let mut job = f.job(4);
    job.prover_key_id = ProverKeyId::of_public_key(&[1; 32]);
    assert!(matches!(f.store.enqueue_job(&job, 10).await, Err(EnqueueError::UnknownProverKey)));
    sqlx::query("UPDATE prover_keys SET announced_at = now() - interval '1 h', expires_at = now() - interval '1 s'")
        .execute(&pool)
        .await
        .unwrap();
    assert!(f.store.prover_keys().await.unwrap().is_empty());
    assert!(matches!(f.store.enqueue_job(&f.job(4), 10).await, Err(EnqueueError::UnknownProverKey)));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_worker_gets_only_jobs_sealed_to_its_key(pool: PgPool) {
    let f = fixture(&pool).await;
    f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    assert!(f.store.lease_job(ProverKeyId::of_public_key(&[1; 32]), "a", LEASE).await.unwrap().is_none());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn two_workers_never_hold_one_job(pool: PgPool) {
    let f = fixture(&pool).await;
    for nullifier in 1..=24 {
        f.store.enqueue_job(&f.job(nullifier), 100).await.unwrap();
    }
    let workers: Vec<_> = (0..6)
        .map(|worker| {
            let store = f.store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while let Some(job) = store.lease_job(key(), &format!("w{worker}"), LEASE).await.unwrap() {
                    mine.push(job.id);
                }
                mine
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), 24);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 24);
}
