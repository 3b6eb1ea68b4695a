//! No secret in any log, at any level, nor in the database.

use base64::{Engine, prelude::BASE64_STANDARD};
use nix::sys::signal::Signal;
use veilpass_cli::{
    client::{Client, Settle},
    holders::Holder,
    stack::children_of,
};

use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_reaches_a_log_or_a_row() {
    let mut stack = TestStack::start_with(Some("trace")).await;
    let holder = Holder::new(1);
    let proof = stack.prove(1).await;
    let body = Client::verification_request(&proof, &stack.session(1), Settle::OffChain);
    assert_eq!(stack.client.post("/v1/verifications", &body).await.unwrap().status.as_u16(), 201);
    // One that fails, too: error paths like to talk.
    let mut statement = holder.statement(stack.registry, stack.epoch, &stack.session(1));
    statement.nullifier = Holder::new(2).statement(stack.registry, stack.epoch, &stack.session(1)).nullifier;
    let request = Client::proof_request(&stack.key, &statement, &holder.witness(1));
    let envelope = request["sealed_witness"]["envelope"].as_str().unwrap().to_owned();
    let job = stack.client.submit(&request).await.unwrap();
    stack.client.wait(&job, std::time::Duration::from_secs(60), |_| {}).await.unwrap();
    stack.prover.take().unwrap().stop(Signal::SIGTERM, std::time::Duration::from_secs(30)).await;

    let secret = holder.secret.expose_be_bytes();
    let token = holder.token_id.to_be_bytes();
    let prover_key = std::fs::read_to_string(stack.dir.path().join("prover.key")).unwrap();
    let sealed = BASE64_STANDARD.decode(&envelope).unwrap();
    let password = stack.postgres.url("x").split(':').nth(2).unwrap().split('@').next().unwrap().to_owned();
    let mut needles = vec![
        ("prover key", prover_key.trim().to_owned()),
        ("database password", password),
        ("sealed witness, base64", envelope),
        ("sealed witness, hex", hex::encode(&sealed)),
    ];
    for (name, bytes) in [("secret", secret.as_slice()), ("token", &token)] {
        needles.push((name, hex::encode(bytes)));
        needles.push((name, BASE64_STANDARD.encode(bytes)));
        // As Rust prints a byte slice; a part of it is enough.
        needles.push((name, format!("{:?}", &bytes[8..24]).trim_matches(['[', ']']).to_owned()));
    }
    for log in ["api.log", "prover.log"] {
        let text = std::fs::read_to_string(stack.dir.path().join(log)).unwrap();
        assert!(
            text.len() > 2_000 && (text.contains("TRACE") || text.contains("DEBUG")),
            "{log} is not at trace level"
        );
        let text = text.to_lowercase();
        for (what, needle) in &needles {
            assert!(!text.contains(&needle.to_lowercase()), "{what} is in {log}");
        }
    }

    // Every row of every table, as text; bytea prints as hex. Tokens belong to enrolment and are only there.
    let tables: Vec<String> = sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(&stack.pool)
        .await
        .unwrap();
    assert!(tables.len() >= 9);
    for table in tables {
        let rows: Vec<String> =
            sqlx::query_scalar(&format!("SELECT t::text FROM {table} t")).fetch_all(&stack.pool).await.unwrap();
        for (what, needle) in &needles {
            if table == "merkle_leaves" && *what == "token" {
                continue;
            }
            assert!(!rows.iter().any(|row| row.contains(needle)), "{what} is in {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_prover_nor_bb_leaves_a_core_dump() {
    let stack = TestStack::start().await;
    let prover = stack.prover.as_ref().unwrap().pid().unwrap();
    let workers = children_of(prover);
    assert_eq!(workers.len(), 1, "one bb");
    for pid in [prover, workers[0]] {
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let soft_and_hard: Vec<_> = cores.split_whitespace().skip(4).take(2).collect();
        assert_eq!(soft_and_hard, ["0", "0"], "{cores}");
    }
}
