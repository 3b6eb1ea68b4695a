//! What the queue takes, keeps and says of itself.

use std::{process::Command, time::Duration};

use serde_json::Value;
use uuid::Uuid;
use veilpass_protocol::ProverKeyId;
use veilpass_store::{AttemptFailure, ProverReport};

use crate::{
    queue::{request, without_prover},
    stack::{DATABASE, TestStack},
};

fn key(stack: &TestStack) -> ProverKeyId {
    ProverKeyId::of_public_key(&stack.key.to_bytes())
}

async fn report(stack: &TestStack, workers: u16, seconds: u64) {
    // Long enough for the test, whatever the pace.
    let mean_proof = Duration::from_secs(seconds);
    let report = ProverReport { name: "slow".to_owned(), key: key(stack), workers, mean_proof };
    stack.store.report_prover(&report).await.unwrap();
    sqlx::query("UPDATE provers SET expires_at = now() + interval '1 h'").execute(&stack.pool).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_wait_too_long_or_finds_no_room_is_told_when_to_come_back() {
    let mut stack = TestStack::start().await;
    without_prover(&mut stack).await;
    sqlx::query("DELETE FROM provers").execute(&stack.pool).await.unwrap();
    report(&stack, 2, 40).await;
    stack.replace_api(&["--queue-capacity", "5", "--max-queue-wait-seconds", "30"]).await;
    let client = stack.client.clone();
    // Two workers and forty seconds a proof: twenty for each job ahead.
    let first = request(&stack, 1);
    for (ahead, body) in [(0.0, first.clone()), (20.0, request(&stack, 2))] {
        let answer = client.post("/v1/proofs", &body).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.body["estimated_wait_seconds"]), (202, &ahead.into()));
        assert_eq!(answer.header("retry-after"), format!("{}", ahead + 40.0));
    }
    let refused = client.post("/v1/proofs", &request(&stack, 3)).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.problem()), (503, "queue-full"), "{}", refused.body);
    assert_eq!(refused.header("retry-after"), "10");
    let again = client.post("/v1/proofs", &first).await.unwrap();
    assert_eq!(again.status.as_u16(), 202, "a repeated request is no new job: {}", again.body);
    assert_eq!(stack.rows().await.0, 2);

    // An API that would let them wait for longer, until there is no room.
    stack.replace_api(&["--queue-capacity", "3", "--max-queue-wait-seconds", "3600"]).await;
    let client = stack.client.clone();
    assert_eq!(client.post("/v1/proofs", &request(&stack, 4)).await.unwrap().status.as_u16(), 202);
    let refused = client.post("/v1/proofs", &request(&stack, 5)).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.problem()), (503, "queue-full"), "{}", refused.body);
    // A tenth of the capacity, but one job at least.
    assert_eq!(refused.header("retry-after"), "20");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_fills_the_queue_leaves_room_for_others() {
    let mut stack = TestStack::start().await;
    without_prover(&mut stack).await;
    sqlx::query("DELETE FROM provers").execute(&stack.pool).await.unwrap();
    report(&stack, 1, 40).await;
    stack.replace_api(&["--max-queue-wait-seconds", "1600"]).await;
    let greedy = stack.client.clone();
    let polite = greedy.clone().at_address("127.0.0.9".parse().unwrap()).unwrap();
    // Twenty jobs are half of what may wait; sixteen are what one client may have then.
    for number in 1..=20 {
        let answer = greedy.post("/v1/proofs", &request(&stack, number)).await.unwrap();
        assert_eq!(answer.status.as_u16(), 202, "{number}: {}", answer.body);
    }
    let refused = greedy.post("/v1/proofs", &request(&stack, 21)).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.problem()), (429, "too-many-jobs"), "{}", refused.body);
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    let answer = polite.post("/v1/proofs", &request(&stack, 22)).await.unwrap();
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archived_job_is_gone_and_says_for_how_long_proofs_are_kept() {
    let stack = TestStack::start().await;
    let job = stack.client.submit(&request(&stack, 1)).await.unwrap();
    stack.client.wait(&job, Duration::from_secs(60), |_| {}).await.unwrap();
    sqlx::query("UPDATE proof_jobs SET finished_at = now() - interval '2 h'").execute(&stack.pool).await.unwrap();
    // Whoever is first, we or the prover.
    stack.store.archive_jobs(Duration::from_secs(3600)).await.unwrap();
    let answer = stack.client.job(&job).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.problem()), (410, "job-archived"), "{}", answer.body);
    assert!(answer.body["detail"].as_str().unwrap().contains("3600 seconds"), "{}", answer.body);
    assert_eq!(stack.client.cancel(&job).await.unwrap().status.as_u16(), 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_sees_the_queue_and_why_jobs_were_given_up() {
    let mut stack = TestStack::start().await;
    without_prover(&mut stack).await;
    sqlx::query("DELETE FROM provers").execute(&stack.pool).await.unwrap();
    report(&stack, 3, 1).await;
    let dead = stack.client.submit(&request(&stack, 1)).await.unwrap();
    let id: Uuid = dead.id().parse().unwrap();
    for _ in 0..3 {
        let lease = stack.store.lease_job(key(&stack), "a", Duration::from_secs(600)).await.unwrap().unwrap();
        assert!(stack.store.retry_job(id, lease.lease_id, AttemptFailure::WorkerMemory).await.unwrap());
    }
    let view = stack.client.job(&dead).await.unwrap().body;
    assert_eq!(view["failure"]["code"], "attempts_exhausted");
    assert!(view["failure"]["detail"].as_str().unwrap().contains("worker_memory"), "{view}");
    stack.client.submit(&request(&stack, 2)).await.unwrap();

    let run = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veilpass"));
        let output =
            command.arg("queue").args(flags).env("DATABASE_URL", stack.postgres.url(DATABASE)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let report: Value = serde_json::from_str(&run(&["--json"])).unwrap();
    assert_eq!((&report["queued"], &report["leased"]), (&1.into(), &0.into()), "{report}");
    assert!(report["oldest_queued_seconds"].as_f64().is_some(), "{report}");
    assert_eq!((&report["provers"][0]["name"], &report["provers"][0]["workers"]), (&"slow".into(), &3.into()));
    assert_eq!(report["dead_letters_last_day"], serde_json::json!([{ "reason": "worker_memory", "count": 1 }]));
    let text = run(&[]);
    assert!(text.contains("slow") && text.contains("worker_memory") && text.contains("1000 ms"), "{text}");
}
