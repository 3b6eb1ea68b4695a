//! The keys of grants: overlap, compromise, and that nobody sees the private ones.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::*};
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use jsonwebtoken::decode_header;
use serde_json::json;
use veilpass_protocol::MasterKey;

use super::{MASTER_KEY, PATIENCE, Redis, Session, is_active, kids, now};
use crate::stack::TestStack;

fn kid_of(token: &str) -> String {
    decode_header(token).unwrap().kid.unwrap()
}

/// Asks for grants until one is signed by this key.
async fn signed_by(stack: &TestStack, session: &Session, kid: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = stack.ask(&session.request(now())).await;
        if answer.status == 201 {
            let token = answer.body["token"].as_str().unwrap().to_owned();
            if kid_of(&token) == kid {
                return token;
            }
        }
        assert!(Instant::now() < deadline, "{kid} does not sign: {}", answer.body);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn until_kids(stack: &TestStack, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let kids = kids(&stack.client).await;
        if wanted(&kids) {
            return kids;
        }
        assert!(Instant::now() < deadline, "{kids:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_overlap_and_the_old_one_stays_until_its_last_grant_expired() {
    // A key signs for ten seconds, and is known for two before.
    let flags = ["--grant-key-days", "0.00012", "--grant-key-lead-seconds", "2", "--grant-jwks-max-age-seconds", "1"];
    let stack = TestStack::start_with_grants(None, false, &flags).await;
    let session = stack.open_session(1, now() + 7200).await;
    let first = kid_of(session.token());
    let before = kids(&stack.client).await;
    let next = before[before.iter().position(|kid| *kid == first).unwrap() - 1].clone();

    let document = stack.client.get("/.well-known/jwks.json").await.unwrap();
    assert_eq!(document.header("cache-control"), "public, max-age=1");
    assert_eq!(document.content_type, "application/jwk-set+json");
    for key in document.body["keys"].as_array().unwrap() {
        let names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names.len(), 6, "no private part: {key}");
    }

    let later = signed_by(&stack, &session, &next).await;
    let after = until_kids(&stack, |kids| kids.len() >= 3 && kids[0] != next).await;
    assert!(after.contains(&first) && after.contains(&next), "{after:?}");
    for token in [session.token(), &later] {
        assert!(is_active(&stack.client, token).await);
    }
    // The grants of the first key expire, and a minute passes for clocks that differ.
    sqlx::query("UPDATE session_grants SET expires_at = now() - interval '2 min' WHERE kid = $1")
        .bind(&first)
        .execute(&stack.pool)
        .await
        .unwrap();
    until_kids(&stack, |kids| !kids.contains(&first)).await;
    assert!(!is_active(&stack.client, session.token()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_set_is_cacheable_and_an_operator_replaces_it() {
    let flags = ["--grant-key-lead-seconds", "2", "--grant-jwks-max-age-seconds", "1"];
    let redis = Redis::start().await;
    let stack = TestStack::start_with_replicas(&redis, &flags).await;
    let session = stack.open_session(1, now() + 7200).await;
    let url = format!("http://{}/.well-known/jwks.json", stack.client.authority());
    let http = reqwest::Client::new();
    let tag = http.get(&url).send().await.unwrap().headers()["etag"].clone();
    let known = http.get(&url).header("if-none-match", tag.clone()).send().await.unwrap();
    assert_eq!((known.status().as_u16(), &known.headers()["etag"]), (304, &tag));
    assert_eq!(known.headers()["cache-control"], "public, max-age=1");
    let before = kids(&stack.client).await;

    // The next key signs once it was known for two seconds; the old one stays.
    let (status, rotated) = stack.operate("/ops/v1/grant-keys/rotate", Some(&json!({ "drop_old": false }))).await;
    assert_eq!(status, 200, "{rotated}");
    let later = signed_by(&stack, &session, &before[0]).await;
    let kids_now = kids(&stack.client).await;
    assert_eq!((kids_now.len(), &kids_now[1..]), (3, &before[..]));
    let changed = http.get(&url).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(changed.status().as_u16(), 200);

    // A compromise: all leave at once.
    let (status, rotated) = stack.operate("/ops/v1/grant-keys/rotate", Some(&json!({ "drop_old": true }))).await;
    assert_eq!(status, 200, "{rotated}");
    let fresh = kids(&stack.client).await;
    assert_eq!(fresh, [&rotated["next_kid"], &rotated["signing_kid"]].map(|kid| kid.as_str().unwrap()));
    assert!(!kids_now.iter().any(|kid| fresh.contains(kid)), "{fresh:?}");
    for token in [session.token(), &later] {
        assert!(!is_active(&stack.client, token).await);
    }
    let newest = signed_by(&stack, &session, &fresh[1]).await;
    assert!(is_active(&stack.client, &newest).await);

    // A replica with another master key could read none of them.
    let other = "00".repeat(32);
    let error = stack.try_replica(&redis, "wrong-key", &[], &other).await.err().expect("it refuses to start");
    assert!(format!("{error:#}").contains("does not open with this master key"), "{error:#}");
    let short = ["--grant-key-lead-seconds", "60", "--grant-jwks-max-age-seconds", "31"];
    let error = stack.try_replica(&redis, "short-lead", &short, MASTER_KEY).await.err().expect("it refuses to start");
    assert!(format!("{error:#}").contains("must be at least twice"), "{error:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_private_key_nor_a_token_reaches_a_log_or_a_row() {
    let stack = TestStack::start_with_grants(Some("trace"), false, &[]).await;
    let session = stack.open_session(1, now() + 7200).await;
    let answer = stack.ask(&session.request(now())).await;
    let again = answer.body["token"].as_str().unwrap();
    assert!(is_active(&stack.client, again).await && is_active(&stack.client, session.token()).await);
    stack.client.post("/v1/grants/revoke", &json!({ "token": again })).await.unwrap();
    stack.ask(&session.request(now() - 300)).await;
    stack.operate("/ops/v1/grant-keys/rotate", Some(&json!({ "drop_old": false }))).await;

    let master = MasterKey::from_hex(MASTER_KEY).unwrap();
    let sealing = *master.derive("veilpass.v1.grant-keys");
    let mut secrets = vec![("master key", hex::decode(MASTER_KEY).unwrap()), ("sealing key", sealing.to_vec())];
    let rows: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT kid, sealed_key FROM grant_keys").fetch_all(&stack.pool).await.unwrap();
    assert!(rows.len() >= 2);
    for (kid, sealed) in &rows {
        let payload = Payload { msg: &sealed[12..], aad: kid.as_bytes() };
        let key = ChaCha20Poly1305::new((&sealing).into()).decrypt((&sealed[..12]).into(), payload).unwrap();
        secrets.push(("private key", key));
    }
    let mut needles = vec![("operator's key", super::OPERATOR_KEY.to_owned())];
    for token in [session.token(), again] {
        let mut parts = token.rsplitn(2, '.');
        needles.push(("signature of a token", parts.next().unwrap().to_owned()));
        needles.push(("claims of a token", parts.next().unwrap().rsplit('.').next().unwrap().to_owned()));
    }
    for (what, bytes) in &secrets {
        needles.push((what, hex::encode(bytes)));
        needles.push((what, BASE64_STANDARD.encode(bytes)));
        needles.push((what, BASE64_URL_SAFE_NO_PAD.encode(bytes)));
        // As Rust prints a byte slice; a part of it is enough.
        needles.push((what, format!("{:?}", &bytes[8..24]).trim_matches(['[', ']']).to_owned()));
    }
    let log = stack.api_log();
    assert!(log.len() > 2_000 && log.contains("TRACE"), "not at trace level");
    for (what, needle) in &needles {
        assert!(!log.to_lowercase().contains(&needle.to_lowercase()), "{what} is in the log");
    }
    for table in ["grant_keys", "session_grants", "verifications"] {
        let rows: Vec<String> =
            sqlx::query_scalar(&format!("SELECT t::text FROM {table} t")).fetch_all(&stack.pool).await.unwrap();
        assert!(!rows.is_empty());
        for (what, needle) in &needles {
            assert!(!rows.iter().any(|row| row.contains(needle)), "{what} is in {table}");
        }
    }
}
