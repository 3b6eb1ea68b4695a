//! Whose turn it is.

use sqlx::PgPool;
use uuid::Uuid;

use crate::fixture::{Fixture, fixture};

/// Queues a job of a client. Every call is another request.
async fn queue(f: &Fixture, client: u8, number: u64, patient: bool) -> Uuid {
    let job = veilpass_store::NewJob { patient, ..f.job_of(client, u64::from(client) * 1_000 + number) };
    f.store.enqueue_job(&job, 1_000).await.unwrap()
}

async fn lease(f: &Fixture) -> Uuid {
    f.lease().await.unwrap().id
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_client_that_queues_many_jobs_delays_another_by_one(pool: PgPool) {
    let f = fixture(&pool).await;
    let mut flood = Vec::new();
    for number in 0..20 {
        flood.push(queue(&f, 1, number, true).await);
    }
    let first = queue(&f, 2, 0, true).await;
    let second = queue(&f, 2, 1, true).await;
    assert_eq!(lease(&f).await, flood[0]);
    assert_eq!(lease(&f).await, first);
    assert_eq!(lease(&f).await, flood[1]);
    assert_eq!(lease(&f).await, second);
    assert_eq!(lease(&f).await, flood[2]);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn who_did_not_use_its_turns_has_saved_none_up(pool: PgPool) {
    let f = fixture(&pool).await;
    for number in 0..10 {
        queue(&f, 1, number, true).await;
    }
    for _ in 0..5 {
        lease(&f).await;
    }
    let mut late = Vec::new();
    for number in 0..5 {
        late.push(queue(&f, 2, number, true).await);
    }
    let mut order = Vec::new();
    for _ in 0..10 {
        order.push(late.contains(&lease(&f).await));
    }
    // By turns, from now on; not its five first.
    let taken = order[..4].iter().filter(|is_late| **is_late).count();
    assert!((1..=3).contains(&taken), "{order:?}");
    assert_eq!(order.iter().filter(|is_late| **is_late).count(), 5);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn who_waits_in_a_request_goes_before_a_patient_backlog(pool: PgPool) {
    let f = fixture(&pool).await;
    for number in 0..20 {
        queue(&f, 1, number, true).await;
    }
    lease(&f).await;
    let waiting = queue(&f, 2, 0, false).await;
    assert_eq!(lease(&f).await, waiting);
}

/// Two clients that wait for each of their jobs, and always have one of the two in the queue.
#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_patient_job_is_overtaken_for_eight_rounds_at_most(pool: PgPool) {
    let f = fixture(&pool).await;
    let patient = queue(&f, 1, 0, true).await;
    let mut overtaken = 0;
    for number in 0..50 {
        queue(&f, 2 + (number % 2) as u8, number, false).await;
        if lease(&f).await == patient {
            break;
        }
        overtaken += 1;
    }
    assert!(overtaken > 0, "who waits comes first");
    assert!(overtaken <= 2 * 8, "overtaken by {overtaken} jobs of two clients");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_job_that_is_tried_again_keeps_its_turn(pool: PgPool) {
    let f = fixture(&pool).await;
    let first = queue(&f, 1, 0, true).await;
    for number in 1..4 {
        queue(&f, 1, number, true).await;
    }
    let lost = f.lease().await.unwrap();
    assert_eq!(lost.id, first);
    f.store.retry_job(first, lost.lease_id, veilpass_store::AttemptFailure::WorkerCrashed).await.unwrap();
    assert_eq!(lease(&f).await, first);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn what_the_full_queue_refused_costs_no_turn(pool: PgPool) {
    let f = fixture(&pool).await;
    queue(&f, 1, 0, true).await;
    for number in 1..10 {
        assert!(f.store.enqueue_job(&f.job_of(2, number), 1).await.is_err());
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM queue_rounds").fetch_one(&pool).await.unwrap();
    assert_eq!(rows, 1);
}
