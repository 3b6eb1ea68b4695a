//! A prover's key is rotated while jobs are sealed to it.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use veilpass_cli::{
    client::JobEnd,
    stack::{children_of, service_binary},
};
use veilpass_sealing::ProverPublicKey;

use super::PATIENCE;
use crate::{
    queue::request,
    stack::{DATABASE, TestStack},
};

fn rotate(stack: &TestStack) {
    let output = Command::new(service_binary("veilpass-prover").unwrap())
        .args(["--rotate-key", "--key-overlap-seconds", "600", "--key-file"])
        .arg(stack.dir.path().join("prover.key"))
        .env("DATABASE_URL", stack.postgres.url(DATABASE))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn until_keys(stack: &TestStack, what: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let keys = stack.client.get("/v1/prover-keys").await.unwrap().body["keys"].as_array().unwrap().clone();
        if what(&keys) {
            return keys;
        }
        assert!(Instant::now() < deadline, "{keys:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_for_a_key_that_was_rotated_are_proved_and_then_it_is_wiped() {
    let mut stack = TestStack::start().await;
    let prover = Pid::from_raw(stack.prover.as_ref().unwrap().pid().unwrap().cast_signed());
    // One in the middle of its proof, one that waits behind it.
    let bb = Pid::from_raw(children_of(prover.as_raw().cast_unsigned())[0].cast_signed());
    kill(bb, Signal::SIGSTOP).unwrap();
    let before = [
        stack.client.submit(&request(&stack, 1)).await.unwrap(),
        stack.client.submit(&request(&stack, 2)).await.unwrap(),
    ];
    rotate(&stack);
    let keys = until_keys(&stack, |keys| keys.len() == 2 && keys[1]["status"] == "retiring").await;
    let old = stack.key.clone();
    assert_eq!((&keys[0]["status"], &keys[1]["prover_key_id"]), (&"active".into(), &old.id().to_string().into()));
    assert!(keys.iter().all(|key| key["not_before"].as_u64() <= key["expires_at"].as_u64()), "{keys:?}");
    kill(bb, Signal::SIGCONT).unwrap();
    // A device that has not looked since, and one that has.
    let late = stack.client.submit(&request(&stack, 3)).await.unwrap();
    let public_key: [u8; 32] = hex::decode(keys[0]["public_key"].as_str().unwrap()).unwrap().try_into().unwrap();
    stack.key = ProverPublicKey::from_bytes(&public_key).unwrap();
    let new = stack.client.submit(&request(&stack, 4)).await.unwrap();
    for job in before.iter().chain([&late, &new]) {
        assert!(matches!(stack.client.wait(job, PATIENCE, |_| {}).await.unwrap(), JobEnd::Proved(_)), "{job:?}");
    }

    // As if ten minutes had passed.
    let folder = stack.dir.path();
    let retiring = || {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        names.filter(|path| path.to_string_lossy().contains("prover.key.retires-")).collect::<Vec<_>>()
    };
    let [file] = retiring().try_into().unwrap();
    std::fs::rename(file, folder.join("prover.key.retires-1000000000")).unwrap();
    kill(prover, Signal::SIGHUP).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !retiring().is_empty() {
        assert!(Instant::now() < deadline, "the old key is still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    sqlx::query("UPDATE prover_keys SET expires_at = announced_at + interval '1 ms' WHERE retires_at IS NOT NULL")
        .execute(&stack.pool)
        .await
        .unwrap();
    until_keys(&stack, |keys| keys.len() == 1 && keys[0]["status"] == "active").await;
    stack.key = old;
    let body = request(&stack, 5);
    let refused = stack.client.post("/v1/proofs", &body).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.problem()), (422, "unknown-prover-key"), "{}", refused.body);
}
