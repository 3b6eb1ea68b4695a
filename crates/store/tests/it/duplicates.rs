//! The same request again is the same job.

use sqlx::PgPool;
use veilpass_protocol::{ProverKeyId, SEALED_WITNESS_BYTES, SealedWitness};
use veilpass_store::{EnqueueError, JobFailure, JobState, NewJob};

use crate::fixture::fixture;

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_repeated_request_is_the_same_job_until_that_fails(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let (job, again) = (f.job(1), || f.job(1));
    let id = f.store.enqueue_job(&job, 1).await.unwrap();
    assert_eq!(f.store.enqueue_job(&again(), 1).await.unwrap(), id, "and the queue is full");
    // Another client with the same body has the envelope, so it is the same client at another address.
    assert_eq!(f.store.enqueue_job(&NewJob { statement: job.statement, ..f.job_of(7, 1) }, 1).await.unwrap(), id);
    let lease = f.lease().await.unwrap();
    assert_eq!(f.store.enqueue_job(&again(), 1).await.unwrap(), id, "leased");
    f.store.complete_job(id, lease.lease_id, seq, &[3; 7232]).await.unwrap();
    assert_eq!(f.store.enqueue_job(&again(), 1).await.unwrap(), id, "done");

    let failed = f.store.enqueue_job(&f.job(2), 1).await.unwrap();
    let lease = f.lease().await.unwrap();
    f.store.fail_job(failed, lease.lease_id, JobFailure::NotAMember).await.unwrap();
    assert_ne!(f.store.enqueue_job(&f.job(2), 1).await.unwrap(), failed);
}

/// Whoever knows a statement must not get its proof.
#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_same_statement_in_another_envelope_or_for_another_key_is_another_job(pool: PgPool) {
    let f = fixture(&pool).await;
    f.store.announce_prover_key(&[8; 32], std::time::Duration::from_secs(60)).await.unwrap();
    let id = f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    let mut bytes = [5; SEALED_WITNESS_BYTES];
    bytes[SEALED_WITNESS_BYTES - 1] ^= 1;
    let sealed_witness = SealedWitness::from_slice(&bytes).unwrap();
    let other = f.store.enqueue_job(&NewJob { sealed_witness, ..f.job(1) }, 10).await.unwrap();
    let prover_key_id = ProverKeyId::of_public_key(&[8; 32]);
    let third = f.store.enqueue_job(&NewJob { prover_key_id, ..f.job(1) }, 10).await.unwrap();
    assert!(id != other && id != third && other != third);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn requests_that_come_at_once_are_one_job(pool: PgPool) {
    let f = fixture(&pool).await;
    for number in 1..=10 {
        let tasks: Vec<_> = (0..8)
            .map(|client| {
                let (store, job) = (f.store.clone(), f.job_of(client, number));
                tokio::spawn(async move { store.enqueue_job(&job, 1_000).await.unwrap() })
            })
            .collect();
        let mut ids = Vec::new();
        for task in tasks {
            ids.push(task.await.unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "request {number}");
        assert_eq!(f.store.job(ids[0]).await.unwrap().unwrap().state, JobState::Queued);
    }
    let (jobs, claims): (i64, i64) =
        sqlx::query_as("SELECT count(*), sum(claims) FROM proof_jobs").fetch_one(&pool).await.unwrap();
    assert_eq!((jobs, claims), (10, 80));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_repeated_request_that_waits_makes_its_job_impatient(pool: PgPool) {
    let f = fixture(&pool).await;
    for number in 1..=5 {
        f.store.enqueue_job(&f.job(number), 10).await.unwrap();
    }
    let again = NewJob { patient: false, ..f.job(5) };
    let id = f.store.claim_job(&again).await.unwrap().unwrap();
    assert_eq!(f.lease().await.unwrap().id, id);
    assert_eq!(f.store.claim_job(&f.job(6)).await.unwrap(), None);
    assert!(matches!(f.store.enqueue_job(&f.job(6), 1).await, Err(EnqueueError::QueueFull)));
}
