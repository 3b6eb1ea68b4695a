//! What services report of themselves, at `/ops/v1/metrics`.

use nix::sys::signal::Signal;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{PATIENCE, exported, ops_address, until};
use crate::stack::TestStack;

const KEY: &str = "vpo_the-key-that-ann-presents";

async fn reports(ops: &str) -> Vec<Value> {
    let answer = reqwest::Client::new().get(format!("{ops}/ops/v1/metrics")).bearer_auth(KEY).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer.json().await.unwrap()
}

fn of<'r>(reports: &'r [Value], service: &str) -> Option<&'r Value> {
    reports.iter().find(|report| report["service"] == service)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_sees_what_each_service_says_of_itself_and_nobody_else_does() {
    let operators = format!("ann:{}", hex::encode(Sha256::digest(KEY)));
    let env = [("VEILPASS_OPERATOR_KEYS", operators.as_str())];
    let mut stack = TestStack::launch(None, true, &["--ops-listen", "127.0.0.1:0"], &env).await;
    let ops = ops_address(&stack, "api.log").unwrap();
    let bare = reqwest::get(format!("{ops}/ops/v1/metrics")).await.unwrap();
    assert_eq!(bare.status().as_u16(), 401);
    assert!(!bare.text().await.unwrap().contains("veilpass_build_info"));

    let mut seen = vec![];
    until("not all four services report", async || {
        seen = reports(&ops).await;
        seen.len() == 4
    })
    .await;
    for service in ["api", "prover", "indexer", "relayer"] {
        let report = of(&seen, service).unwrap();
        let text = report["metrics"].as_str().unwrap();
        assert!(text.contains(&format!("veilpass_build_info{{service=\"{service}\"")), "{service}: {text}");
        assert!(report["age_seconds"].as_f64().unwrap() < 60.0 && report["at"].as_str().unwrap().ends_with('Z'));
    }
    // The reports say what the listeners do: the same names, at least those of the first reports.
    let known = exported(&stack).await;
    let reported = seen.iter().flat_map(|report| report["metrics"].as_str().unwrap().lines());
    let names: Vec<&str> = reported.filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.len() > 50 && names.iter().all(|name| known.contains(*name)));

    // One that has ended is not silently there: its report gets older.
    let indexer = stack.chain().indexer.take().unwrap();
    indexer.stop(Signal::SIGTERM, PATIENCE).await;
    let first = of(&reports(&ops).await, "indexer").unwrap()["age_seconds"].as_f64().unwrap();
    until("a report of a service that has ended stays young", async || {
        let now = reports(&ops).await;
        let age = |service| of(&now, service).map(|report| report["age_seconds"].as_f64().unwrap());
        age("indexer").is_none_or(|age| age > first + 6.0) && age("relayer").is_some_and(|age| age < first + 6.0)
    })
    .await;
}
