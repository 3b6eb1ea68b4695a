//! The operators' listener.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{OPERATOR_KEY, PATIENCE};
use crate::stack::{DATABASE, TestStack};

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_need_a_key_and_are_not_served_on_the_public_port() {
    let stack = TestStack::start_with_grants(None, false, &[]).await;
    let (http, ops) = (reqwest::Client::new(), stack.ops());
    let paths = ["/ops/v1/health", "/ops/v1/queue", "/ops/v1/no/such/path"];
    for path in paths {
        for (what, authorization) in [
            ("no key", None),
            ("another key", Some("Bearer vpo_another".to_owned())),
            ("another scheme", Some(format!("Basic {OPERATOR_KEY}"))),
            ("the key's hash", Some("Bearer ann".to_owned())),
        ] {
            let mut request = http.get(format!("{ops}{path}"));
            if let Some(text) = authorization {
                request = request.header("authorization", text);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 401, "{path} with {what}");
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            assert!(header("www-authenticate").starts_with("Bearer"), "{path} with {what}");
            assert_eq!(header("content-type"), "application/problem+json");
        }
        let public = http.get(format!("http://{}{path}", stack.client.authority())).bearer_auth(OPERATOR_KEY);
        assert_eq!(public.send().await.unwrap().status().as_u16(), 404, "{path} is public");
    }
    // What needs no key as before.
    for path in ["/metrics", "/livez", "/readyz"] {
        assert_eq!(http.get(format!("{ops}{path}")).send().await.unwrap().status().as_u16(), 200, "{path}");
    }
    assert_eq!(stack.operate("/ops/v1/no/such/path", None).await.0, 404);
    assert_eq!(stack.operate("/ops/v1/queue", Some(&json!({}))).await.0, 405);

    let (status, queue) = stack.operate("/ops/v1/queue", None).await;
    assert_eq!(status, 200, "{queue}");
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_veilpass"));
    command.args(["queue", "--json"]).env("DATABASE_URL", stack.postgres.url(DATABASE));
    let by_cli: Value = serde_json::from_slice(&command.output().await.unwrap().stdout).unwrap();
    assert_eq!(names(&queue), names(&by_cli));
    assert_eq!(names(&queue["provers"][0]), names(&by_cli["provers"][0]), "one prover serves it");

    let (status, health) = stack.operate("/ops/v1/health", None).await;
    assert_eq!((status, &health["healthy"]), (200, &json!(true)), "{health}");
    assert_eq!(
        (&health["dependencies"][0]["name"], &health["dependencies"][0]["healthy"]),
        (&json!("database"), &json!(true))
    );
    assert!(health["dependencies"][0]["latency_ms"].as_f64().unwrap() > 0.0, "{health}");
    let memory = |name: &str| health["memory"][name].as_u64().unwrap();
    assert!(memory("peak_bytes") >= memory("resident_bytes"), "{health}");
    assert!(memory("resident_bytes") > memory("heap_bytes") && memory("heap_bytes") > 100_000, "{health}");
    assert!(
        health["connections"]["operators"].as_u64() >= Some(1) && health["connections"]["clients"].is_u64(),
        "{health}"
    );
    assert_eq!(health["provers"][0]["workers"], 1, "{health}");
    assert!(!stack.api_log().contains(OPERATOR_KEY));

    drop(stack.postgres);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = http.get(format!("{ops}/ops/v1/health")).bearer_auth(OPERATOR_KEY).send().await.unwrap();
        let (status, health) = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
        let database = &health["dependencies"][0];
        assert_eq!(status == 200, health["healthy"] == true, "{health}");
        if status == 503 && database["error"].is_string() && health["provers"].is_null() {
            break;
        }
        // The server may answer for a moment while it stops.
        assert!(Instant::now() < deadline, "{health}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_the_command_makes_is_let_in() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_veilpass"))
        .args(["operator-key", "--json", "bob"])
        .output()
        .unwrap();
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (key, setting) = (made["key"].as_str().unwrap(), made["setting"].as_str().unwrap());
    let env = [("VEILPASS_OPERATOR_KEYS", setting)];
    let stack = TestStack::launch(None, false, &["--ops-listen", "127.0.0.1:0"], &env).await;
    let request = reqwest::Client::new().get(format!("{}/ops/v1/queue", stack.ops())).bearer_auth(key);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    assert_eq!(stack.operate("/ops/v1/queue", None).await.0, 401, "ann is not known here");
}
