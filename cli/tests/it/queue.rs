//! The queue as clients see it: repeated and cancelled requests, waiting in the request, going away.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use uuid::Uuid;
use veilpass_cli::{
    client::{Client, Job, JobEnd},
    holders::Holder,
};
use veilpass_protocol::ProverKeyId;

use crate::stack::TestStack;

const PATIENCE: Duration = Duration::from_secs(60);

/// A proof request of a holder, sealed anew.
pub(crate) fn request(stack: &TestStack, holder: u64) -> Value {
    let holder_of = Holder::new(holder);
    let statement = holder_of.statement(stack.registry, stack.epoch, &stack.session(holder));
    Client::proof_request(&stack.key, &statement, &holder_of.witness(holder as u32))
}

/// Stops the prover, so that jobs stay queued; its key stays announced for long enough.
pub(crate) async fn without_prover(stack: &mut TestStack) {
    stack.prover.take().unwrap().stop(Signal::SIGTERM, PATIENCE).await;
    stack.store.announce_prover_key(&stack.key.to_bytes(), Duration::from_secs(600)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_job_ends_at_once_and_its_worker_cannot_complete_it() {
    let mut stack = TestStack::start().await;
    without_prover(&mut stack).await;
    let job = stack.client.submit(&request(&stack, 1)).await.unwrap();
    let lease = stack
        .store
        .lease_job(ProverKeyId::of_public_key(&stack.key.to_bytes()), "stale", Duration::from_secs(600))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(lease.id.to_string(), job.id());

    for wrong in [format!("/v1/proofs/{}", Uuid::new_v4()), "/v1/proofs/1".to_owned()] {
        let wrong = Job { path: wrong, token: job.token.clone() };
        let answer = stack.client.cancel(&wrong).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.problem()), (404, "not-found"), "{wrong:?}");
    }
    assert_eq!(stack.client.job(&job).await.unwrap().body["status"], "proving");
    for _ in 0..2 {
        let answer = stack.client.cancel(&job).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null));
    }
    let body = stack.client.job(&job).await.unwrap().body;
    assert_eq!((&body["status"], &body["failure"]["code"]), (&"failed".into(), &"cancelled".into()));
    assert!(!stack.store.complete_job(lease.id, lease.lease_id, 1, &[0; 7232]).await.unwrap());

    // What was cancelled can be asked for again, and the prover is none the worse.
    let _prover = stack.start_prover();
    assert!(matches!(stack.attempt(1).await, JobEnd::Proved(_)));
    let done = stack.client.submit(&request(&stack, 2)).await.unwrap();
    stack.client.wait(&done, PATIENCE, |_| {}).await.unwrap();
    assert_eq!(stack.client.cancel(&done).await.unwrap().status.as_u16(), 204);
    assert_eq!(stack.client.job(&done).await.unwrap().body["status"], "done", "what is done stays done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_is_one_job_however_often_it_is_sent() {
    let stack = TestStack::start().await;
    let body = request(&stack, 1);
    let sent: Vec<_> = (0..12)
        .map(|_| {
            let (client, body) = (stack.client.clone(), body.clone());
            tokio::spawn(async move { client.post("/v1/proofs", &body).await.unwrap() })
        })
        .collect();
    let (mut locations, mut tokens) = (Vec::new(), Vec::new());
    for answer in sent {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status.as_u16(), 202, "{}", answer.body);
        locations.push(answer.header("location").to_owned());
        tokens.push(Job::of(&answer.body).unwrap().token);
    }
    locations.sort();
    locations.dedup();
    assert_eq!(locations.len(), 1);
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 12, "each has its own token");
    let job = Job { path: locations[0].clone(), token: tokens[0].clone() };
    stack.client.wait(&job, PATIENCE, |_| {}).await.unwrap();
    let again = stack.client.post("/v1/proofs", &body).await.unwrap();
    assert_eq!((again.status.as_u16(), again.header("location")), (202, locations[0].as_str()));
    assert_eq!(stack.rows().await.0, 1);
    // The same statement, sealed anew: nobody gets the job of another by repeating what is public of it.
    let other = stack.client.post("/v1/proofs", &request(&stack, 1)).await.unwrap();
    assert_ne!(other.header("location"), locations[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_prefers_to_wait_gets_the_proof_in_the_answer() {
    let mut stack = TestStack::start().await;
    let answer = stack.client.post_waiting(&request(&stack, 1), 20).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (200, "wait"), "{}", answer.body);
    assert_eq!((&answer.body["status"], answer.body["proof"].is_string()), (&"done".into(), true));
    let job = Job::of(&answer.body).unwrap();
    assert_eq!(job.path, answer.header("location"));
    let status = stack.client.job(&job).await.unwrap().body;
    assert_eq!((&status["public_inputs"], &status["is_fetched"]), (&answer.body["public_inputs"], &true.into()));
    // A refusal is an answer, too.
    let mut refused = request(&stack, 2);
    refused["sealed_witness"] = request(&stack, 3)["sealed_witness"].clone();
    let answer = stack.client.post_waiting(&refused, 20).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body["status"]), (200, &"failed".into()));

    without_prover(&mut stack).await;
    let answer = stack.client.post_waiting(&request(&stack, 4), 1).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (202, ""), "{}", answer.body);
    assert_eq!(answer.body["status"], "queued");
    let job = Job::of(&answer.body).unwrap();
    assert_eq!(stack.client.job(&job).await.unwrap().body["status"], "queued", "the client knows it, so it stays");
}

/// Sends a request that waits, and leaves once its job is queued `claims` times.
async fn wait_and_leave(stack: &TestStack, body: &Value, claims: i64) {
    let mut socket = TcpStream::connect(stack.client.authority()).await.unwrap();
    let body = body.to_string();
    let head = format!(
        "POST /v1/proofs HTTP/1.1\r\nhost: api\r\ncontent-type: application/json\r\nprefer: wait=20\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all((head + &body).as_bytes()).await.unwrap();
    until(stack, "SELECT coalesce(sum(claims), 0) FROM proof_jobs WHERE state = 'queued'", claims).await;
}

async fn until(stack: &TestStack, count: &str, expected: i64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found: i64 = sqlx::query_scalar(count).fetch_one(&stack.pool).await.unwrap();
        if found == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{count}: {found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_while_it_waits_cancels_its_job() {
    let mut stack = TestStack::start().await;
    without_prover(&mut stack).await;
    wait_and_leave(&stack, &request(&stack, 1), 1).await;
    let cancelled = "SELECT count(*) FROM proof_jobs WHERE failure = 'cancelled' AND sealed_witness IS NULL";
    until(&stack, cancelled, 1).await;

    // It has asked again before it went: the second request has the job's id.
    let body = request(&stack, 2);
    let job = stack.client.submit(&body).await.unwrap();
    wait_and_leave(&stack, &body, 2).await;
    until(&stack, "SELECT claims::bigint FROM proof_jobs WHERE state = 'queued'", 1).await;
    assert_eq!(stack.client.job(&job).await.unwrap().body["status"], "queued");
}
