//! Dashboards, alerts, the page and the documentation name metrics that exist.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use veilpass_circuit::workspace_root;

use super::{LOGS, exported, ops_address, until};
use crate::stack::TestStack;

/// What a histogram adds to its name.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// Everything in a text that looks like a metric of ours.
fn mentioned(text: &str) -> BTreeSet<String> {
    let is_of_a_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c: char| !is_of_a_name(c));
    words.filter(|word| word.starts_with("veilpass_") && word.len() > 9).map(str::to_owned).collect()
}

/// The metric behind a name that a query may use.
fn base<'n>(name: &'n str, known: &BTreeSet<String>) -> &'n str {
    let stripped = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix));
    stripped.filter(|stripped| known.contains(*stripped)).unwrap_or(name)
}

/// What the files mention, by file.
fn users(root: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let dashboards = std::fs::read_dir(root.join("infra/grafana")).unwrap();
    let mut files: Vec<_> = dashboards.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    assert_eq!(files.len(), 4, "a dashboard for each group");
    files
        .extend(["infra/prometheus/alerts.yml", "web/src/ops/names.ts", "docs/metrics.md"].map(|path| root.join(path)));
    let read = |path: &std::path::PathBuf| {
        let names = mentioned(&std::fs::read_to_string(path).unwrap());
        assert!(names.len() > 10, "{} mentions too little: {names:?}", path.display());
        (path.strip_prefix(root).unwrap().display().to_string(), names)
    };
    files.iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_that_somebody_looks_at_exists_and_is_explained() {
    let flags = ["--ops-listen", "127.0.0.1:0"];
    let mut stack = TestStack::launch(None, true, &flags, &[]).await;
    // Some work of each kind: a proof, its settlement, a refusal, another worker.
    let session = stack.session(1);
    let proof = stack.prove_for(1, &session).await;
    let path = stack.settle(&proof, &session).await;
    stack.status(&path, &["verified", "final"]).await;
    assert_eq!(stack.post(&proof, &session, veilpass_cli::client::Settle::OffChain).await.status.as_u16(), 409);
    let prover = stack.prover.as_ref().and_then(veilpass_cli::stack::ServiceProcess::pid).unwrap();
    kill(Pid::from_raw(prover.cast_signed()), Signal::SIGHUP).unwrap();

    let root = workspace_root();
    let users = users(&root);
    for log in LOGS {
        assert!(ops_address(&stack, log).is_some(), "{log} names no listener");
    }
    // Gauges come at their own pace.
    let missing = |known: &BTreeSet<String>| {
        let of = |(file, names): (&String, &BTreeSet<String>)| {
            let missing = names.iter().filter(|name| !known.contains(base(name, known)));
            missing.map(|name| format!("{file}: {name}")).collect::<Vec<_>>()
        };
        users.iter().flat_map(of).collect::<Vec<_>>()
    };
    let (mut known, mut left) = (BTreeSet::new(), vec![]);
    until("metrics are missing", async || {
        known = exported(&stack).await;
        left = missing(&known);
        if !left.is_empty() {
            eprintln!("not there yet: {left:?}");
        }
        left.is_empty()
    })
    .await;
    let documented = &users["docs/metrics.md"];
    let unexplained: Vec<_> = known.iter().filter(|name| !documented.contains(*name)).collect();
    assert!(unexplained.is_empty(), "docs/metrics.md does not explain {unexplained:?}");
    drop(stack.chain().relayer.take());
}

#[test]
fn names_are_found_in_queries() {
    let text =
        r#"{"expr": "sum(rate(veilpass_a_seconds_bucket{path=\"/veilpass\"}[5m])) / veilpass_b_total"} veilpass_"#;
    let known = BTreeSet::from(["veilpass_a_seconds".to_owned(), "veilpass_b_total".to_owned()]);
    let found = mentioned(text);
    assert_eq!(
        found.iter().map(|name| base(name, &known)).collect::<Vec<_>>(),
        ["veilpass_a_seconds", "veilpass_b_total"]
    );
    assert_eq!(base("veilpass_c_count", &known), "veilpass_c_count", "no histogram, so no suffix");
}
