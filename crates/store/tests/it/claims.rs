//! Job tokens: who may ask about a job, and take its proof once.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;
use veilpass_store::{FetchOutcome, JobFailure, JobState, TokenHash};

use crate::{
    fixture::{Fixture, fixture, random_token, root},
    machines::overlap::overlap,
};

const PROOF: [u8; 7232] = [3; 7232];

/// A job that was asked for twice, and has its proof. Its tokens.
async fn proved_for_two(f: &Fixture) -> (Uuid, TokenHash, TokenHash) {
    let seq = f.publish(1, 100).await;
    let (first, second) = (f.job(1), f.job(1));
    let id = f.store.enqueue_job(&first, 10).await.unwrap();
    assert_eq!(f.store.enqueue_job(&second, 10).await.unwrap(), id);
    let lease = f.lease().await.unwrap();
    assert!(matches!(f.store.fetch_proof(id, first.token).await.unwrap(), Some(FetchOutcome::None(_))));
    assert!(f.store.complete_job(id, lease.lease_id, seq, &PROOF).await.unwrap());
    (id, first.token, second.token)
}

async fn proof_in_the_row(pool: &PgPool, id: Uuid) -> bool {
    let has = sqlx::query_scalar("SELECT proof IS NOT NULL FROM proof_jobs WHERE id = $1");
    has.bind(id).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn each_takes_the_proof_once_and_the_last_one_takes_it_away(pool: PgPool) {
    let f = fixture(&pool).await;
    let (id, first, second) = proved_for_two(&f).await;
    for (token, stays) in [(first, true), (second, false)] {
        let Some(FetchOutcome::Proof(fetched)) = f.store.fetch_proof(id, token).await.unwrap() else {
            panic!("no proof");
        };
        assert_eq!((fetched.proof.as_slice(), fetched.job.job.state), (&PROOF[..], JobState::Done));
        assert_eq!(fetched.public_inputs, f.statement(1).under_root(root(100)));
        assert_eq!(proof_in_the_row(&pool, id).await, stays);
        assert!(matches!(f.store.fetch_proof(id, token).await.unwrap(), Some(FetchOutcome::AlreadyFetched)));
        assert!(f.store.claimed_job(id, token).await.unwrap().unwrap().is_fetched);
    }
    // Now there is nothing to give to whoever repeats the request.
    let again = f.job(1);
    let fresh = f.store.enqueue_job(&again, 10).await.unwrap();
    assert_ne!(fresh, id);
    assert_eq!(f.store.job(fresh).await.unwrap().unwrap().state, JobState::Queued);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn of_many_at_once_with_one_token_one_gets_the_proof(pool: PgPool) {
    let f = fixture(&pool).await;
    let (id, first, _) = proved_for_two(&f).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = f.store.clone();
            tokio::spawn(async move { store.fetch_proof(id, first).await.unwrap() })
        })
        .collect();
    let mut proofs = 0;
    for task in tasks {
        proofs += usize::from(matches!(task.await.unwrap(), Some(FetchOutcome::Proof(_))));
    }
    assert_eq!(proofs, 1);
    assert!(proof_in_the_row(&pool, id).await, "the other has not come yet");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn who_repeats_the_request_while_the_last_proof_is_taken_is_not_left_without(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    for number in 0..20 {
        let (job, again) = (f.job(number), f.job(number));
        let id = f.store.enqueue_job(&job, 100).await.unwrap();
        let lease = f.lease().await.unwrap();
        assert!(f.store.complete_job(id, lease.lease_id, seq, &PROOF).await.unwrap());
        let (taken, repeated) = tokio::join!(f.store.fetch_proof(id, job.token), f.store.claim_job(&again));
        assert!(matches!(taken.unwrap(), Some(FetchOutcome::Proof(_))));
        // Either it came in time, or it is told to queue another.
        if let Some(claimed) = repeated.unwrap() {
            assert_eq!(claimed, id);
            assert!(matches!(f.store.fetch_proof(id, again.token).await.unwrap(), Some(FetchOutcome::Proof(_))));
        }
        assert!(!proof_in_the_row(&pool, id).await);
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn another_token_is_as_good_as_none(pool: PgPool) {
    let f = fixture(&pool).await;
    let (id, first, _) = proved_for_two(&f).await;
    let other = f.job(2);
    let other_id = f.store.enqueue_job(&other, 10).await.unwrap();
    for (id, token) in [(id, other.token), (other_id, first), (id, TokenHash::of(&random_token()))] {
        assert!(f.store.claimed_job(id, token).await.unwrap().is_none());
        assert!(f.store.fetch_proof(id, token).await.unwrap().is_none());
        assert!(f.store.archived_job(id, token).await.unwrap().is_none());
    }
    assert!(proof_in_the_row(&pool, id).await);

    let lease = f.lease().await.unwrap();
    assert!(f.store.fail_job(other_id, lease.lease_id, JobFailure::NotAMember).await.unwrap());
    assert!(matches!(f.store.fetch_proof(other_id, other.token).await.unwrap(), Some(FetchOutcome::None(_))));
    // Tokens outlive the job in the archive, and go with it.
    sqlx::query("UPDATE proof_jobs SET finished_at = now() - interval '1 h'").execute(&pool).await.unwrap();
    assert_eq!(f.store.archive_jobs(Duration::from_secs(1)).await.unwrap(), (2, 0));
    assert!(f.store.archived_job(id, first).await.unwrap().is_some());
    assert!(f.store.archived_job(id, other.token).await.unwrap().is_none());
    sqlx::query("UPDATE proof_jobs_archive SET finished_at = now() - interval '40 d'").execute(&pool).await.unwrap();
    assert_eq!(f.store.archive_jobs(Duration::from_secs(1)).await.unwrap(), (0, 2));
    let tokens: i64 = sqlx::query_scalar("SELECT count(*) FROM proof_job_claims").fetch_one(&pool).await.unwrap();
    assert_eq!(tokens, 0);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_client_that_went_away_takes_its_claim_with_it(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let (stays, goes) = (f.job(1), f.job(1));
    let id = f.store.enqueue_job(&stays, 10).await.unwrap();
    f.store.enqueue_job(&goes, 10).await.unwrap();
    assert!(!f.store.abandon_job(id, goes.token).await.unwrap(), "one is left");
    assert!(f.store.claimed_job(id, goes.token).await.unwrap().is_none());
    let lease = f.lease().await.unwrap();
    assert!(f.store.complete_job(id, lease.lease_id, seq, &PROOF).await.unwrap());
    assert!(matches!(f.store.fetch_proof(id, stays.token).await.unwrap(), Some(FetchOutcome::Proof(_))));
    assert!(!proof_in_the_row(&pool, id).await, "nobody else waits for it");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_claim_that_is_taken_back_twice_takes_no_other_with_it(pool: PgPool) {
    let f = fixture(&pool).await;
    let (stays, goes) = (f.job(1), f.job(1));
    let id = f.store.enqueue_job(&stays, 10).await.unwrap();
    f.store.enqueue_job(&goes, 10).await.unwrap();
    for _ in 0..3 {
        assert!(!f.store.abandon_job(id, goes.token).await.unwrap(), "one is left");
    }
    assert_eq!(f.store.job(id).await.unwrap().unwrap().state, JobState::Queued);
    assert!(f.store.abandon_job(id, stays.token).await.unwrap());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_proof_that_is_fetched_while_it_is_written_is_there(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    let job = f.job(1);
    let id = f.store.enqueue_job(&job, 10).await.unwrap();
    let lease = f.lease().await.unwrap();
    let completed = async {
        assert!(f.store.complete_job(id, lease.lease_id, seq, &PROOF).await.unwrap());
        None
    };
    let fetched = async { f.store.fetch_proof(id, job.token).await.unwrap() };
    let lock = format!("SELECT FROM proof_jobs WHERE id = '{id}' FOR UPDATE");
    let (_, fetched) = overlap(&pool, &lock, completed, fetched).await;
    assert!(matches!(fetched, Some(FetchOutcome::Proof(_))), "{fetched:?}");
}
