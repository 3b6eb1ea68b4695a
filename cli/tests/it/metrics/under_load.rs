//! The operators' page in a real browser, while the stack is at work.

use std::time::Duration;

use sha2::{Digest, Sha256};
use veilpass_circuit::workspace_root;
use veilpass_cli::client::Settle;

use super::ops_address;
use crate::{
    pages::{drive, screenshots},
    stack::TestStack,
};

const KEY: &str = "vpo_the-key-that-ann-presents";

/// Proofs, settlements, refusals and reads, for ever.
async fn work(stack: &TestStack) {
    for holder in (1..=10).cycle() {
        let session = stack.session(holder);
        let proof = stack.prove_for(holder, &session).await;
        // The first time it is settled, after that refused.
        stack.post(&proof, &session, Settle::OnChain).await;
        stack.post(&proof, &stack.session(holder + 100), Settle::OffChain).await;
        for path in ["/v1/info", "/v1/prover-keys", "/v1/no-such-path"] {
            stack.client.get(path).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_a_stack_at_work_as_its_services_tell_it() {
    let pages = workspace_root().join("web/dist/ops");
    assert!(pages.join("index.html").is_file(), "the pages are not built: ./veilpass test builds them");
    let operators = format!("ann:{}", hex::encode(Sha256::digest(KEY)));
    let flags = ["--ops-listen", "127.0.0.1:0", "--ops-pages", pages.to_str().unwrap()];
    let stack = TestStack::launch(None, true, &flags, &[("VEILPASS_OPERATOR_KEYS", &operators)]).await;
    let key_file = stack.dir.path().join("operator.key");
    std::fs::write(&key_file, KEY).unwrap();
    let url = format!("{}/ops/", ops_address(&stack, "api.log").unwrap());
    let out = screenshots("ops");
    let arguments = ["--url", &url, "--key-file", key_file.to_str().unwrap(), "--seconds", "30"];
    tokio::select! {
        said = drive("ops.mjs", &arguments, &out) => {
            assert!(said.lines().any(|line| line.starts_with("OPS OK ")), "{said}");
        }
        () = work(&stack) => unreachable!(),
    }
    for picture in ["light.png", "dark.png", "phone.png"] {
        assert!(std::fs::metadata(out.join(picture)).unwrap().len() > 20_000, "{picture} in {}", out.display());
    }
}
