//! Whoever has the token of a job, and nobody else, hears of it and takes its proof, once.

use reqwest::Method;
use uuid::Uuid;
use veilpass_cli::client::{Client, Job, JobEnd, Settle};

use super::PATIENCE;
use crate::{
    queue::{request, without_prover},
    stack::TestStack,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_token_a_job_is_as_good_as_unknown() {
    let mut stack = TestStack::start().await;
    without_prover(&mut stack).await;
    let job = stack.client.submit(&request(&stack, 1)).await.unwrap();
    let other = stack.client.submit(&request(&stack, 2)).await.unwrap();
    let requests = [(Method::GET, ""), (Method::DELETE, ""), (Method::POST, "/result"), (Method::GET, "/events")];
    for (method, below) in requests {
        let path = format!("{}{below}", job.path);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for scheme in [None, Some(format!("Basic {}", job.token)), Some(job.token.clone())] {
            let mut bare = http.request(method.clone(), format!("http://{}{path}", stack.client.authority()));
            if let Some(scheme) = scheme {
                bare = bare.header("authorization", scheme);
            }
            let answer = bare.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 401, "{method} {path}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        }
        let unknown = format!("/v1/proofs/{}{below}", Uuid::new_v4());
        let mut answers = Vec::new();
        for (path, token) in [(&path, other.token.as_str()), (&path, "nonsense"), (&unknown, &job.token)] {
            let mut answer = stack.client.with_token(method.clone(), path, token).await.unwrap();
            assert_eq!((answer.status.as_u16(), answer.problem()), (404, "not-found"), "{method} {path}");
            answer.body["timestamp"].take();
            answers.push(answer.body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "one cannot be told from another: {answers:?}");
    }
    assert_eq!(stack.client.job(&job).await.unwrap().body["status"], "queued", "nobody cancelled it");

    // A token is nowhere but with its owner: not in a row, not in a log.
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, &job.token).unwrap();
    let found: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM proof_job_claims WHERE token_hash = $1 OR position($1 IN token_hash) > 0",
    )
    .bind(&bytes)
    .fetch_one(&stack.pool)
    .await
    .unwrap();
    let hashed: i64 = sqlx::query_scalar("SELECT count(*) FROM proof_job_claims WHERE token_hash = sha256($1)")
        .bind(&bytes)
        .fetch_one(&stack.pool)
        .await
        .unwrap();
    assert_eq!((found, hashed), (0, 1));
    let log = std::fs::read_to_string(stack.dir.path().join("api.log")).unwrap();
    assert!(!log.contains(&job.token) && !log.contains(&hex::encode(&bytes)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_who_asked_takes_the_proof_once_and_then_it_is_gone() {
    let stack = TestStack::start().await;
    let body = request(&stack, 1);
    let jobs = [stack.client.submit(&body).await.unwrap(), stack.client.submit(&body).await.unwrap()];
    assert!(jobs[0].path == jobs[1].path && jobs[0].token != jobs[1].token);
    let in_the_row = async || -> (bool, bool) {
        sqlx::query_as("SELECT proof IS NOT NULL, sealed_witness IS NOT NULL FROM proof_jobs")
            .fetch_one(&stack.pool)
            .await
            .unwrap()
    };
    for (job, stays) in jobs.iter().zip([true, false]) {
        let JobEnd::Proved(proof) = stack.client.wait(job, PATIENCE, |_| {}).await.unwrap() else { panic!("no proof") };
        assert_eq!(in_the_row().await, (stays, false), "the proof goes with the last, the witness went before");
        let status = stack.client.job(job).await.unwrap().body;
        assert_eq!((&status["status"], &status["is_fetched"]), (&"done".into(), &true.into()));
        assert!(status["proof"].is_null() && status["job_token"].is_null(), "{status}");
        let again = stack.client.fetch(job).await.unwrap();
        assert_eq!((again.status.as_u16(), again.problem()), (410, "already-fetched"), "{}", again.body);
        if !stays {
            let verification = Client::verification_request(&proof, &stack.session(1), Settle::OffChain);
            let answer = stack.client.post("/v1/verifications", &verification).await.unwrap();
            assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
        }
    }
    // Whoever repeats the request now has another job.
    let again = stack.client.submit(&body).await.unwrap();
    assert_ne!(again.path, jobs[0].path);
    assert!(matches!(stack.client.wait(&again, PATIENCE, |_| {}).await.unwrap(), JobEnd::Proved(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_nothing_to_take_before_the_end_nor_of_what_failed() {
    let mut stack = TestStack::start().await;
    let waited = stack.client.post_waiting(&request(&stack, 1), 20).await.unwrap();
    assert_eq!((waited.status.as_u16(), waited.body["proof"].is_string()), (200, true), "{}", waited.body);
    let again = stack.client.fetch(&Job::of(&waited.body).unwrap()).await.unwrap();
    assert_eq!(
        (again.status.as_u16(), again.problem()),
        (410, "already-fetched"),
        "the answer was the time to take it"
    );

    let mut refused = request(&stack, 2);
    refused["sealed_witness"] = request(&stack, 3)["sealed_witness"].clone();
    let failed = stack.client.submit(&refused).await.unwrap();
    assert!(matches!(stack.client.wait(&failed, PATIENCE, |_| {}).await.unwrap(), JobEnd::Failed(_)));
    let nothing = stack.client.fetch(&failed).await.unwrap();
    assert_eq!((nothing.status.as_u16(), nothing.problem()), (409, "job-failed"), "{}", nothing.body);

    without_prover(&mut stack).await;
    let open = stack.client.submit(&request(&stack, 4)).await.unwrap();
    let early = stack.client.fetch(&open).await.unwrap();
    assert_eq!((early.status.as_u16(), early.problem()), (409, "not-finished"), "{}", early.body);
}
