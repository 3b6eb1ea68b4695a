//! The API as a program in Rust sees it, by `veilpass-client`.

use std::sync::{Arc, Mutex};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode},
    response::IntoResponse,
};
use ed25519_dalek::SigningKey;
use serde_json::json;
use veilpass_cli::{
    holders::{self, Holder},
    publish::publish,
};
use veilpass_client::{Client, ClientError, EnrolmentRequest, Settle};
use veilpass_protocol::{ContextPreimage, FieldElement, Pepper, RegistryId, hash_leaf};

use crate::stack::{MASTER_KEY, TestStack};

fn client_of(stack: &TestStack) -> Client {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    Client::with_http(&format!("http://{}/", stack.client.authority()), http)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_proves_verifies_and_keeps_its_session() {
    let stack = TestStack::launch(None, false, &[], &[("VEILPASS_MASTER_KEY", MASTER_KEY)]).await;
    let api = client_of(&stack);
    let (holder, session_key) = (Holder::new(1), SigningKey::from_bytes(&[9; 32]));
    let session = ContextPreimage { session_public_key: session_key.verifying_key().to_bytes(), ..stack.session(1) };
    let epoch = api.registry(stack.registry).await.unwrap().epoch;
    let statement = holder.statement(stack.registry, epoch, &session);
    let mut stages = Vec::new();
    let proof = api.prove(&statement, &holder.witness(1), |stage| stages.push(stage.to_string())).await.unwrap();
    assert_eq!(stages.last().map(String::as_str), Some("done"), "{stages:?}");
    assert_eq!(proof.public_inputs.nullifier, statement.nullifier);

    let verification = api.verify(&proof, &session, Settle::OffChain).await.unwrap();
    assert_eq!(api.verification(verification.id).await.unwrap().status, "accepted");
    let first = verification.grant.unwrap();
    let renewed = api.renew_grant(verification.id, &session, &session_key).await.unwrap();
    assert_ne!(first.jti, renewed.jti);
    api.revoke_grant(&first.token).await.unwrap();
    let is_active = async |token: &str| api.introspect_grant(token).await.unwrap()["active"] == true;
    assert!(!is_active(&first.token).await && is_active(&renewed.token).await);
    assert!(!format!("{first:?}").contains(&first.token), "a grant prints its token");

    // A refusal has its code; a proof that cannot be made says why.
    let again = api.verify(&proof, &session, Settle::OffChain).await.unwrap_err();
    assert_eq!(again.code(), Some("nullifier-used"), "{again}");
    let stranger = Holder::new(4711);
    let statement = stranger.statement(stack.registry, epoch, &session);
    match api.prove(&statement, &stranger.witness(0), |_| {}).await.unwrap_err() {
        ClientError::NotProved(why) => assert!(why.contains("not_a_member"), "{why}"),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_given_up_makes_no_proof() {
    let stack = TestStack::start().await;
    let api = client_of(&stack);
    let epoch = api.registry(stack.registry).await.unwrap().epoch;
    let keys = api.prover_keys().await.unwrap();
    let mut jobs = vec![];
    // The prover is busy with the others when the last one is given up.
    for number in 0..5u32 {
        let holder = Holder::new(number.into());
        let statement = holder.statement(stack.registry, epoch, &stack.session(number.into()));
        jobs.push(api.request_proof(&keys[0], &statement, &holder.witness(number)).await.unwrap());
    }
    let last = jobs.pop().unwrap();
    api.cancel_proof(&last).await.unwrap();
    match api.wait_for_proof(&last, |_| {}).await.unwrap_err() {
        ClientError::NotProved(why) => assert!(why.contains("cancelled"), "{why}"),
        other => panic!("{other}"),
    }
    for job in &jobs {
        api.wait_for_proof(job, |_| {}).await.unwrap();
    }
}

/// As when Redis had the key written down and could not say so: the API answers 503, then that the key is in use.
#[tokio::test]
async fn a_request_that_is_still_being_worked_on_is_asked_about_again_under_its_key() {
    type Keys = Arc<Mutex<Vec<HeaderValue>>>;
    let answer = async |State(keys): State<Keys>, headers: HeaderMap| {
        let mut keys = keys.lock().unwrap();
        keys.push(headers["idempotency-key"].clone());
        let busy = |status: StatusCode, code: &str| {
            let problem = json!({ "type": format!("urn:veilpass:problem:{code}") });
            (status, [("retry-after", "0")], Json(problem)).into_response()
        };
        match keys.len() {
            1 => busy(StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            2 => busy(StatusCode::CONFLICT, "idempotency-key-in-use"),
            _ => Json(json!({ "message": "sign this", "expires_at": "2026-01-01T00:00:00Z" })).into_response(),
        }
    };
    let keys = Keys::default();
    let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&keys));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = EnrolmentRequest {
        registry_id: RegistryId::new(FieldElement::from_u64(1)),
        track_id: Holder::new(1).track_id,
        mint: String::new(),
        wallet: String::new(),
        commitment: Holder::new(1).secret.commitment(),
        audience: None,
    };
    assert_eq!(Client::with_http(&base, http).challenge(&request).await.unwrap().message, "sign this");
    let keys = keys.lock().unwrap();
    assert!(keys.len() == 3 && keys.iter().all(|key| key == keys[0]), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_finds_its_own_path_and_follows_the_tree() {
    let stack = TestStack::start().await;
    let api = client_of(&stack);
    let leaf = |number| {
        let holder = Holder::new(number);
        hash_leaf(holder.secret.commitment(), holder.token_id, holder.track_id)
    };
    let leaves = api.leaves(stack.registry).await.unwrap();
    let counted = api.registry(stack.registry).await.unwrap().newest_root.unwrap();
    assert_eq!((leaves.root(), leaves.root_seq()), (counted.root, counted.seq));
    let place = leaves.find(leaf(3)).unwrap();
    assert_eq!((place.index, place.path.root(leaf(3))), (3, leaves.root()));
    assert!(leaves.find(leaf(20)).is_none());

    stack.store.revoke(stack.registry, 3).await.unwrap();
    stack.store.enrol(stack.registry, &holders::enrolments(&Pepper::new([3; 32]), 20, 1)).await.unwrap();
    let published = publish(&stack.store, stack.registry).await.unwrap();
    let older = leaves.version();
    let leaves = api.update_leaves(leaves).await.unwrap();
    assert!(leaves.version() > older && leaves.root() == published.root);
    assert!(leaves.find(leaf(3)).is_none() && leaves.find(leaf(20)).unwrap().index == 12);
    // Nothing new: nothing changes.
    let version = leaves.version();
    assert_eq!(api.update_leaves(leaves).await.unwrap().version(), version);
}
