//! What a grant says, and who gets another.

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json};
use veilpass_cli::holders::{AUDIENCE, Holder, session_key};
use veilpass_protocol::ContextPreimage;

use super::{introspect, is_active, now, refresh};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_says_who_may_hear_what_until_when_and_nothing_else() {
    let stack = TestStack::start_with_grants(None, false, &["--grant-issuer", "https://veilpass.example"]).await;
    let before = now();
    let session = stack.open_session(1, before + 7200).await;
    let (grant, token) = (&session.grant, session.token());
    assert_eq!(grant["token_type"], "Bearer");

    // Read by another implementation than the one that wrote it.
    let jwks: JwkSet = serde_json::from_value(stack.client.get("/.well-known/jwks.json").await.unwrap().body).unwrap();
    assert_eq!(jwks.keys.len(), 2, "the one that signs, and the next");
    let header = decode_header(token).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::EdDSA, Some("veilpass-grant+jwt")));
    let jwk = jwks.find(header.kid.as_deref().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&["https://veilpass.example"]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    let claims = decode::<Value>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap().claims;

    let names: BTreeSet<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["aud", "cnf", "epoch", "exp", "iat", "iss", "jti", "nbf", "registry_id", "sub", "track_id"];
    assert_eq!(names, BTreeSet::from(expected), "a claim more could be a name of the listener");
    let x = BASE64_URL_SAFE_NO_PAD.encode(session_key(1).verifying_key().as_bytes());
    assert_eq!(claims["cnf"], json!({ "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x } }));
    assert_eq!(claims["registry_id"], json!(stack.registry));
    assert_eq!(claims["track_id"], json!(Holder::new(1).track_id));
    assert_eq!(claims["epoch"], json!(stack.epoch));
    let at = |name: &str| claims[name].as_u64().unwrap();
    assert!((before..=now()).contains(&at("iat")) && at("nbf") == at("iat"), "{claims}");
    assert_eq!(at("exp") - at("iat"), 600);
    assert_eq!((grant["expires_at"].as_u64(), &grant["jti"]), (Some(at("exp")), &claims["jti"]));
    assert_ne!(claims["jti"].as_str(), Some(session.verification.as_str()));

    let seen = introspect(&stack.client, token).await;
    for (name, value) in claims.as_object().unwrap() {
        assert_eq!(&seen[name], value, "{name}");
    }
    assert_eq!((&seen["active"], &seen["token_type"]), (&json!(true), &json!("Bearer")));
    // A status is for everybody who knows its id: there is no grant in it.
    let status = stack.client.get(&format!("/v1/verifications/{}", session.verification)).await.unwrap().body;
    assert_eq!((&status["status"], &status["grant"]), (&json!("accepted"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_holds_the_session_key_gets_another_grant_and_nobody_else() {
    let stack = TestStack::start_with_grants(None, false, &[]).await;
    let session = stack.open_session(1, now() + 7200).await;
    let request = session.request(now());
    let answer = stack.ask(&request).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    let token = answer.body["token"].as_str().unwrap();
    assert_ne!(answer.body["jti"], session.grant["jti"]);
    for token in [token, session.token()] {
        assert!(is_active(&stack.client, token).await);
    }
    let sub = async |token| introspect(&stack.client, token).await["sub"].clone();
    assert_eq!(sub(token).await, sub(session.token()).await, "one session");

    let again = stack.ask(&request).await;
    assert_eq!((again.status.as_u16(), again.problem()), (409, "signature-used"), "{}", again.body);

    let (id, context, key, time) = (&session.verification, &session.context, &session.key, now() + 1);
    let other = session_key(2);
    let of_other = ContextPreimage { session_public_key: other.verifying_key().to_bytes(), ..context.clone() };
    let elsewhere = ContextPreimage { audience: "https://evil.example".into(), ..context.clone() };
    let longer = ContextPreimage { expires_at: context.expires_at + 1, ..context.clone() };
    let unknown = "00000000-0000-4000-8000-000000000000";
    let mut swapped = session.request(time);
    swapped["signature"] = refresh(unknown, context, key, time)["signature"].clone();
    let mut shifted = session.request(time);
    shifted["issued_at"] = json!(time + 1);
    let mut more = session.request(time);
    more["wallet"] = json!("x");
    let cases: [(&str, u16, &str, Value); 12] = [
        ("another key", 422, "wrong-signature", refresh(id, context, &other, time)),
        ("a session of its own", 422, "context-mismatch", refresh(id, &of_other, &other, time)),
        ("another audience", 422, "context-mismatch", refresh(id, &elsewhere, key, time)),
        ("a longer session", 422, "context-mismatch", refresh(id, &longer, key, time)),
        ("another verification", 422, "unknown-verification", refresh(unknown, context, key, time)),
        ("a signature for another verification", 422, "wrong-signature", swapped),
        ("a signature for another time", 422, "wrong-signature", shifted),
        ("from two minutes ago", 422, "stale-request", session.request(time - 120)),
        ("of the future", 422, "stale-request", session.request(time + 120)),
        ("of the end of time", 422, "stale-request", session.request(u64::MAX)),
        ("an id in capitals", 400, "malformed-request", refresh(&id.to_uppercase(), context, key, time)),
        ("an unknown field", 400, "malformed-request", more),
    ];
    for (what, status, code, request) in cases {
        let answer = stack.ask(&request).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (status, code), "{what}: {}", answer.body);
    }
    assert_eq!(stack.ask(&session.request(time)).await.status.as_u16(), 201, "nothing else was wrong with it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_grant_outlives_its_session_and_without_a_master_key_there_are_none() {
    let stack = TestStack::start_with_grants(None, false, &[]).await;
    let ends = now() + 12;
    let session = stack.open_session(1, ends).await;
    assert_eq!(session.grant["expires_at"], json!(ends));
    assert!(is_active(&stack.client, session.token()).await, "until then");
    while now() < ends {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!is_active(&stack.client, session.token()).await);
    let late = stack.ask(&session.request(now())).await;
    assert_eq!((late.status.as_u16(), late.problem()), (422, "context-expired"));

    let without = TestStack::start().await;
    let session = without.open_session(1, now() + 7200).await;
    assert_eq!(session.grant, Value::Null);
    for answer in [
        without.ask(&session.request(now())).await,
        without.client.get("/.well-known/jwks.json").await.unwrap(),
        without.client.post("/v1/grants/introspect", &json!({ "token": "x" })).await.unwrap(),
    ] {
        assert_eq!((answer.status.as_u16(), answer.problem()), (503, "not-configured"), "{}", answer.body);
    }
}
