//! Bad input gets a 4xx problem that names the field, and changes nothing.

use serde_json::{Value, json};
use veilpass_cli::{
    client::{Client, Settle},
    holders::Holder,
};

use crate::stack::TestStack;

const MODULUS: &str = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";

fn changed(base: &Value, pointer: &str, value: Value) -> Value {
    let mut body = base.clone();
    *body.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    body
}

fn without(base: &Value, field: &str) -> Value {
    let mut body = base.clone();
    body.as_object_mut().unwrap().remove(field).unwrap();
    body
}

fn with(base: &Value, parent: &str, field: &str) -> Value {
    let mut body = base.clone();
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(field.to_owned(), json!(1));
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_names_the_field_and_changes_nothing() {
    let stack = TestStack::start().await;
    let holder = Holder::new(1);
    let statement = holder.statement(stack.registry, stack.epoch, &stack.session(1));
    let request = Client::proof_request(&stack.key, &statement, &holder.witness(1));
    let proof = stack.prove(2).await;
    let verification = Client::verification_request(&proof, &stack.session(2), Settle::OffChain);
    let before = stack.rows().await;

    let short = "A".repeat(8);
    let epoch = stack.epoch.0;
    let proofs: Vec<(&str, u16, &str, Value)> = vec![
        ("unknown field", 400, "priority", with(&request, "", "priority")),
        ("unknown nested field", 400, "sealed_witness.secret", with(&request, "/sealed_witness", "secret")),
        ("missing field", 400, "nullifier", without(&request, "nullifier")),
        ("element at the modulus", 400, "nullifier", changed(&request, "/nullifier", json!(MODULUS))),
        ("element of all ones", 400, "context", changed(&request, "/context", json!(format!("0x{}", "f".repeat(64))))),
        ("element in upper case", 400, "track_id", changed(&request, "/track_id", json!(MODULUS.to_uppercase()))),
        ("element without 0x", 400, "track_id", changed(&request, "/track_id", json!(&MODULUS[2..]))),
        ("element that is too short", 400, "registry_id", changed(&request, "/registry_id", json!("0x01"))),
        ("element as a number", 400, "registry_id", changed(&request, "/registry_id", json!(1))),
        ("negative epoch", 400, "epoch", changed(&request, "/epoch", json!(-1))),
        ("epoch as text", 400, "epoch", changed(&request, "/epoch", json!("7"))),
        ("epoch beyond 64 bits", 400, "epoch", changed(&request, "/epoch", json!(1.0e30))),
        ("next epoch", 422, "epoch", changed(&request, "/epoch", json!(epoch + 1))),
        ("old epoch", 422, "epoch", changed(&request, "/epoch", json!(epoch - 2))),
        ("largest epoch", 422, "epoch", changed(&request, "/epoch", json!(u64::MAX))),
        ("unknown registry", 422, "registry_id", changed(&request, "/registry_id", json!(format!("0x{:064x}", 77)))),
        ("unknown track", 422, "track_id", changed(&request, "/track_id", json!(format!("0x{:064x}", 77)))),
        ("short envelope", 400, "sealed_witness.envelope", changed(&request, "/sealed_witness/envelope", json!(short))),
        ("not base64", 400, "sealed_witness.envelope", changed(&request, "/sealed_witness/envelope", json!("%%"))),
        (
            "unknown prover key",
            422,
            "sealed_witness.prover_key_id",
            changed(&request, "/sealed_witness/prover_key_id", json!("00".repeat(16))),
        ),
        (
            "prover key id in upper case",
            400,
            "sealed_witness.prover_key_id",
            changed(&request, "/sealed_witness/prover_key_id", json!(stack.key.id().to_string().to_uppercase())),
        ),
        (
            "short prover key id",
            400,
            "sealed_witness.prover_key_id",
            changed(&request, "/sealed_witness/prover_key_id", json!("00")),
        ),
    ];
    let inputs = "/public_inputs";
    let at = |field: &str| format!("{inputs}/{field}");
    let verifications: Vec<(&str, u16, &str, Value)> = vec![
        ("unknown field", 400, "wallet", with(&verification, "", "wallet")),
        ("unknown public input", 400, "public_inputs.token_id", with(&verification, inputs, "token_id")),
        ("truncated proof", 400, "proof", changed(&verification, "/proof", json!(&proof.proof[..9000]))),
        ("extended proof", 400, "proof", changed(&verification, "/proof", json!(format!("AAAA{}", proof.proof)))),
        ("empty proof", 400, "proof", changed(&verification, "/proof", json!(""))),
        ("aliased nullifier", 400, "public_inputs.nullifier", changed(&verification, &at("nullifier"), json!(MODULUS))),
        (
            "unknown root",
            422,
            "public_inputs.merkle_root",
            changed(&verification, &at("merkle_root"), json!(format!("0x{:064x}", 5))),
        ),
        (
            "unknown track",
            422,
            "public_inputs.track_id",
            changed(&verification, &at("track_id"), json!(format!("0x{:064x}", 5))),
        ),
        (
            "unknown registry",
            422,
            "public_inputs.registry_id",
            changed(&verification, &at("registry_id"), json!(format!("0x{:064x}", 5))),
        ),
        ("other epoch", 422, "public_inputs.epoch", changed(&verification, &at("epoch"), json!(epoch + 1))),
        ("other context", 422, "context", changed(&verification, &at("context"), json!(format!("0x{:064x}", 5)))),
        ("other audience", 422, "context", changed(&verification, "/context/audience", json!("https://evil.example"))),
        (
            "short session key",
            400,
            "context.session_public_key",
            changed(&verification, "/context/session_public_key", json!("00")),
        ),
        (
            "endless audience",
            422,
            "context.audience",
            changed(&verification, "/context/audience", json!("a".repeat(300))),
        ),
    ];
    for (path, cases) in [("/v1/proofs", proofs), ("/v1/verifications", verifications)] {
        for (what, status, field, body) in cases {
            let answer = stack.client.post(path, &body).await.unwrap();
            assert_eq!(answer.status.as_u16(), status, "{path} {what}: {}", answer.body);
            assert_eq!(answer.field(), field, "{path} {what}: {}", answer.body);
            assert_eq!(answer.content_type, "application/problem+json", "{path} {what}");
            assert!(!answer.body["detail"].as_str().unwrap().is_empty(), "{path} {what}");
        }
    }

    let text = request.to_string();
    let raw: [(&str, u16, &str, String); 6] = [
        ("truncated JSON", 400, "application/json", text[..text.len() / 2].to_owned()),
        ("no body", 400, "application/json", String::new()),
        ("not JSON", 400, "application/json", "track=1".to_owned()),
        ("two documents", 400, "application/json", format!("{text}{text}")),
        ("oversize body", 413, "application/json", format!("{{\"registry_id\":\"{}\"}}", "0".repeat(40_000))),
        ("another media type", 415, "text/plain", text.clone()),
    ];
    for path in ["/v1/proofs", "/v1/verifications"] {
        for (what, status, content_type, body) in &raw {
            let answer = stack.client.post_raw(path, content_type, body.clone()).await.unwrap();
            assert_eq!(answer.status.as_u16(), *status, "{path} {what}: {}", answer.body);
            assert_eq!(answer.content_type, "application/problem+json", "{path} {what}");
        }
    }
    for (path, status) in
        [("/v1/nothing", 404), ("/v1/proofs/not-a-uuid", 401), ("/v1/proofs", 405), ("/v1/registries/1", 400)]
    {
        let answer = stack.client.get(path).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.content_type.as_str()),
            (status, "application/problem+json"),
            "{path}"
        );
    }
    assert_eq!(stack.rows().await, before, "something was written");

    // What was changed above is all that was wrong with it.
    let answer = stack.client.post("/v1/verifications", &verification).await.unwrap();
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    let answer = stack.client.post("/v1/proofs", &request).await.unwrap();
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_says_what_it_is_pinned_to() {
    let stack = TestStack::start().await;
    let info = stack.client.get("/v1/info").await.unwrap().body;
    assert_eq!(info["bb_version"], veilpass_circuit::BB_VERSION);
    assert_eq!(info["verification_key_hash"], veilpass_circuit::verification_key_hash());
    assert_eq!(info["tree_depth"], 32);
    assert_eq!(stack.client.get("/livez").await.unwrap().status.as_u16(), 200);
    let ready = stack.client.get("/readyz").await.unwrap();
    assert_eq!((ready.status.as_u16(), &ready.body["live_prover_keys"]), (200, &json!(1)));
}
