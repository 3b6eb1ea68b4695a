//! Thousands of requests that a machine made up from the OpenAPI document: whatever they are, the answer is one that the
//! document promises.

use std::process::Command;

use veilpass_circuit::{cache_dir, workspace_root};

use crate::stack::{MASTER_KEY, TestStack};

/// At least as many requests, over all operations.
const LEAST_REQUESTS: u64 = 5_000;
/// How often each operation is tried with made-up values; examples and corner cases come on top.
const EXAMPLES_OF_EACH: &str = "400";

/// Checks that hold for every answer. Not among them is `positive_data_acceptance`: a request that has the form of the document is
/// refused all the same when its registry does not exist or its proof does not hold.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,unsupported_method,ignored_auth";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_requested_the_answer_is_one_that_the_document_promises() {
    // With a master key, so that enrolment and session grants are there.
    let stack = TestStack::launch(None, false, &[], &[("VEILPASS_MASTER_KEY", MASTER_KEY)]).await;
    let requirements = std::fs::read_to_string(workspace_root().join("tools/schemathesis/requirements.txt")).unwrap();
    let version = requirements.lines().find_map(|line| line.strip_prefix("schemathesis==")).unwrap();
    let binary = cache_dir().join(format!("schemathesis-{version}/bin/schemathesis"));
    assert!(binary.is_file(), "{} is missing: ./veilpass test installs it", binary.display());
    let base = format!("http://{}", stack.client.authority());
    let config = workspace_root().join("tools/schemathesis/schemathesis.toml");
    let run = Command::new(binary)
        .arg("--config-file")
        .arg(config)
        .args(["run", &format!("{base}/v1/openapi.json"), "--phases", "examples,coverage,fuzzing"])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES_OF_EACH, "--continue-on-failure"])
        .args(["--seed", "20261121", "--warnings", "off", "--no-shrink", "--request-timeout", "20"])
        .current_dir(stack.dir.path())
        .env_remove("http_proxy")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    let generated = said.lines().filter_map(|line| line.trim().split_once(" generated")).next_back();
    let generated: u64 = generated.unwrap().0.parse().unwrap();
    assert!(generated >= LEAST_REQUESTS, "only {generated} requests:\n{said}");
    // It still serves, and nothing made up was written.
    assert_eq!(stack.client.get("/readyz").await.unwrap().status, 200);
    assert_eq!(stack.rows().await, (0, 0, 0));
}
