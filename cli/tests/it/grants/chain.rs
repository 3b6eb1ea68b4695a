//! Grants of what the chain decides.

use base64::{Engine, prelude::BASE64_STANDARD};
use nix::sys::signal::Signal;
use veilpass_cli::{client::Settle, holders::session_key};

use super::{PATIENCE, Session, is_active, now};
use crate::stack::{DATABASE, TestStack};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_settled_on_chain_gets_its_grant_when_the_chain_has_verified_it() {
    let mut stack = TestStack::start_with_grants(None, true, &[]).await;
    let database = stack.postgres.url(DATABASE);
    stack.chain().relayer.take().unwrap().kill().await;
    let context = stack.session(1);
    let proof = stack.prove_for(1, &context).await;
    let answer = stack.post(&proof, &context, Settle::OnChain).await;
    assert_eq!((answer.status.as_u16(), answer.body.get("grant")), (202, None), "{}", answer.body);
    let verification = answer.body["id"].as_str().unwrap().to_owned();
    let session = Session { verification, context, key: session_key(1), grant: serde_json::Value::Null };
    let early = stack.ask(&session.request(now())).await;
    assert_eq!((early.status.as_u16(), early.problem(), early.header("retry-after")), (409, "not-verified-yet", "1"));

    stack.chain().start_relayer(&database);
    stack.status(&format!("/v1/verifications/{}", session.verification), &["verified", "final"]).await;
    let granted = stack.ask(&session.request(now())).await;
    assert_eq!(granted.status.as_u16(), 201, "its signature counts: it was not used up early. {}", granted.body);
    assert!(is_active(&stack.client, granted.body["token"].as_str().unwrap()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_that_the_chain_overrules_takes_its_grants_along() {
    let mut stack = TestStack::start_with_grants(None, true, &[]).await;
    let database = stack.postgres.url(DATABASE);
    let there = stack.prove_for(1, &stack.session(77)).await;
    stack.chain().indexer.take().unwrap().stop(Signal::SIGTERM, PATIENCE).await;
    let proof = BASE64_STANDARD.decode(&there.proof).unwrap();
    stack.chain().settle_directly(&proof, &there.public_inputs, 1).await.unwrap();
    // The indexer has been silent for seconds only.
    let session = stack.open_session(1, now() + 7200).await;
    assert!(is_active(&stack.client, session.token()).await);

    stack.chain().start_indexer(&database);
    stack.status(&format!("/v1/verifications/{}", session.verification), &["refused"]).await;
    assert!(!is_active(&stack.client, session.token()).await);
    let refused = stack.ask(&session.request(now())).await;
    assert_eq!((refused.status.as_u16(), refused.problem()), (409, "session-ended"));
}
