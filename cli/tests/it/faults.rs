//! Killing things.

use std::{
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use veilpass_cli::{
    client::{Client, Job, JobEnd, Settle},
    holders::{self, Holder},
    stack::{ProverOptions, ServiceProcess, children_of, start_prover},
};
use veilpass_protocol::{FieldElement, MerkleRoot, Pepper, RegistryId};

use crate::stack::{DATABASE, TestStack, create_registry};

const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for the end of a process whose parent has ended. The kernel kills it with its parent, at once but not in the
/// same instant, and whether its entry goes from the table is up to process 1: a zombie has ended.
async fn ends(pid: u32) {
    let deadline = Instant::now() + PATIENCE;
    let runs = || {
        std::fs::read_to_string(format!("/proc/{pid}/status"))
            .is_ok_and(|status| !status.lines().any(|line| line.starts_with("State:\tZ")))
    };
    while runs() {
        assert!(Instant::now() < deadline, "bb is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Submits a job and freezes `bb`, which keeps the prover in the middle of the proof for as long as we want. Returns the
/// prover, its bb's process id, and the job.
async fn freeze_in_a_proof(stack: &mut TestStack) -> (ServiceProcess, u32, Job) {
    let prover = stack.prover.take().unwrap();
    let bb = children_of(prover.pid().unwrap())[0];
    kill(Pid::from_raw(bb.cast_signed()), Signal::SIGSTOP).unwrap();
    let holder = Holder::new(1);
    let statement = holder.statement(stack.registry, stack.epoch, &stack.session(1));
    let job = stack.client.submit(&Client::proof_request(&stack.key, &statement, &holder.witness(1))).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while stack.client.job(&job).await.unwrap().body["status"] != "proving" {
        assert!(Instant::now() < deadline, "the job was not leased");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (prover, bb, job)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_prover_is_killed_while_it_proves_is_leased_again_and_completes_once() {
    let mut stack = TestStack::start().await;
    let (prover, bb, job) = freeze_in_a_proof(&mut stack).await;
    // Longer than the lease: heartbeats keep it while the prover lives.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let answer = stack.client.job(&job).await.unwrap().body;
    assert_eq!((&answer["status"], &answer["attempts"]), (&"proving".into(), &1.into()));

    prover.kill().await;
    let _ = kill(Pid::from_raw(bb.cast_signed()), Signal::SIGKILL);
    let second = stack.start_prover();
    let end = stack.client.wait(&job, PATIENCE, |_| {}).await.unwrap();
    assert!(matches!(end, JobEnd::Proved(_)));
    assert_eq!(stack.client.job(&job).await.unwrap().body["attempts"], 2);
    let (done, witnesses): (i64, i64) =
        sqlx::query_as("SELECT count(*) FILTER (WHERE state = 'done'), count(sealed_witness) FROM proof_jobs")
            .fetch_one(&stack.pool)
            .await
            .unwrap();
    assert_eq!((done, witnesses), (1, 0));
    second.stop(Signal::SIGTERM, PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prover_that_stops_gives_back_what_it_cannot_finish() {
    let mut stack = TestStack::start().await;
    let (prover, bb, job) = freeze_in_a_proof(&mut stack).await;
    prover.stop(Signal::SIGTERM, PATIENCE).await;
    let answer = stack.client.job(&job).await.unwrap().body;
    assert_eq!((&answer["status"], &answer["attempts"]), (&"queued".into(), &0.into()), "given back, not counted");
    ends(bb).await;
    let _second = stack.start_prover();
    assert!(matches!(stack.client.wait(&job, PATIENCE, |_| {}).await.unwrap(), JobEnd::Proved(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_provers_share_the_queue_and_prove_nothing_twice() {
    let stack = TestStack::start().await;
    let second = stack.start_prover();
    let mut jobs = Vec::new();
    for number in 0..10 {
        let holder = Holder::new(number);
        let statement = holder.statement(stack.registry, stack.epoch, &stack.session(number));
        let request = Client::proof_request(&stack.key, &statement, &holder.witness(number as u32));
        jobs.push((number, stack.client.submit(&request).await.unwrap()));
    }
    for (number, job) in jobs {
        let JobEnd::Proved(proof) = stack.client.wait(&job, PATIENCE, |_| {}).await.unwrap() else {
            panic!("holder {number} got no proof");
        };
        let verification = Client::verification_request(&proof, &stack.session(number), Settle::OffChain);
        let answer = stack.client.post("/v1/verifications", &verification).await.unwrap();
        assert_eq!(answer.status.as_u16(), 201, "holder {number}: {}", answer.body);
    }
    assert_eq!(stack.rows().await, (10, 10, 10));
    let attempts: i64 =
        sqlx::query_scalar("SELECT sum(attempts) FROM proof_jobs").fetch_one(&stack.pool).await.unwrap();
    assert_eq!(attempts, 10);
    let log = std::fs::read_to_string(stack.dir.path().join("prover.log")).unwrap();
    let proved: Vec<_> = log.lines().filter(|line| line.contains(" proved ")).collect();
    assert_eq!(proved.len(), 10, "{log}");
    second.stop(Signal::SIGTERM, PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bb_that_dies_is_replaced_and_the_job_is_tried_again() {
    let stack = TestStack::start().await;
    let prover = stack.prover.as_ref().unwrap().pid().unwrap();
    kill(Pid::from_raw(children_of(prover)[0].cast_signed()), Signal::SIGKILL).unwrap();
    let proof = stack.prove(1).await;
    assert_eq!(proof.public_inputs.registry_id, stack.registry);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_whose_leaves_are_damaged_takes_no_other_along() {
    let mut stack = TestStack::start().await;
    let damaged = RegistryId::new(FieldElement::from_u64(2));
    create_registry(&stack.store, damaged, "damaged").await;
    stack.store.enrol(damaged, &holders::enrolments(&Pepper::new([3; 32]), 0, 1)).await.unwrap();
    let another = MerkleRoot::new(FieldElement::from_u64(7));
    stack.store.publish_root(damaged, another, 1, 1).await.unwrap();
    // A prover that meets it when it starts, and is the only one.
    stack.prover.take().unwrap().kill().await;
    sqlx::query("DELETE FROM prover_keys").execute(&stack.pool).await.unwrap();
    let second = stack.start_prover();
    assert_eq!(stack.client.wait_for_prover_key(PATIENCE).await.unwrap().id(), stack.key.id());
    stack.prove(1).await;
    let log = std::fs::read_to_string(stack.dir.path().join("prover.log")).unwrap();
    assert!(log.contains("a tree is not at its published root"), "{log}");
    second.stop(Signal::SIGTERM, PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_postgres_the_api_answers_503_and_recovers_by_itself() {
    let mut stack = TestStack::start().await;
    let proof = stack.prove(1).await;
    let verification = Client::verification_request(&proof, &stack.session(1), Settle::OffChain);
    stack.postgres.kill().await;

    let ready = stack.client.get("/readyz").await.unwrap();
    assert_eq!(ready.status.as_u16(), 503);
    assert_eq!(stack.client.get("/livez").await.unwrap().status.as_u16(), 200);
    let answer = stack.client.post("/v1/verifications", &verification).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.problem()), (503, "unavailable"));
    assert_eq!(answer.content_type, "application/problem+json");
    assert!(!answer.body.to_string().contains("sqlx"), "internals: {}", answer.body);

    stack.postgres.launch().await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while stack.client.get("/readyz").await.unwrap().status.as_u16() != 200 {
        assert!(Instant::now() < deadline, "the API did not recover");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let answer = stack.client.post("/v1/verifications", &verification).await.unwrap();
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    // The prover recovers too.
    stack.prove(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_prover_leaves_a_snapshot_and_no_process() {
    let mut stack = TestStack::start().await;
    stack.prove(1).await;
    let prover = stack.prover.take().unwrap();
    let bb = children_of(prover.pid().unwrap())[0];
    prover.stop(Signal::SIGTERM, PATIENCE).await;
    ends(bb).await;
    let snapshots = std::fs::read_dir(stack.dir.path().join("snapshots")).unwrap().count();
    assert_eq!(snapshots, 1);
    let _second = stack.start_prover();
    stack.prove(2).await;
    let log = std::fs::read_to_string(stack.dir.path().join("prover.log")).unwrap();
    assert!(log.contains("loaded a tree snapshot"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bb_of_another_version_is_refused_at_start_with_a_clear_message() {
    let stack = TestStack::start().await;
    let bb = stack.dir.path().join("bb");
    std::fs::write(&bb, "#!/bin/sh\necho 0.87.0\n").unwrap();
    std::fs::set_permissions(&bb, std::fs::Permissions::from_mode(0o755)).unwrap();
    let log = stack.dir.path().join("refused.log");
    let mut prover = start_prover(&ProverOptions {
        database_url: &stack.postgres.url(DATABASE),
        key_file: stack.dir.path().join("prover.key"),
        snapshot_dir: stack.dir.path().join("snapshots"),
        lease_seconds: 2,
        drain_seconds: 1,
        log: &log,
        filter: None,
        bb: Some(&bb),
        flags: &[],
    })
    .unwrap();
    let deadline = Instant::now() + PATIENCE;
    let error = loop {
        match prover.check() {
            Err(error) => break error.to_string(),
            Ok(()) => assert!(Instant::now() < deadline, "it runs with a wrong bb"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(error.contains("0.87.0") && error.contains(veilpass_circuit::BB_VERSION), "{error}");
    assert!(error.contains("./veilpass doctor"), "it does not say what to do: {error}");
}
