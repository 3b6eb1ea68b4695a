//! What ends a grant before its time.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{MASTER_KEY, Redis, Session, is_active, now};
use crate::stack::TestStack;

async fn revoke(stack: &TestStack, token: &str) -> u16 {
    stack.client.post("/v1/grants/revoke", &json!({ "token": token })).await.unwrap().status.as_u16()
}

async fn another(stack: &TestStack, session: &Session, time: u64) -> String {
    let answer = stack.ask(&session.request(time)).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    answer.body["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holder_and_operator_revoke_and_every_replica_knows() {
    let redis = Redis::start().await;
    let stack = TestStack::start_with_replicas(&redis, &[]).await;
    let replica = stack.try_replica(&redis, "second", &[], MASTER_KEY).await.unwrap();
    let session = stack.open_session(1, now() + 7200).await;
    // Signatures of different seconds, all of them within the minute that clocks may differ.
    let start = now();
    let (first, second) = (session.token().to_owned(), another(&stack, &session, start).await);
    let third = another(&stack, &session, start + 1).await;
    let active = async || {
        let mut found = Vec::new();
        for token in [&first, &second, &third] {
            let here = is_active(&stack.client, token).await;
            assert_eq!(is_active(&replica.client, token).await, here, "replicas differ");
            found.push(here);
        }
        found
    };
    assert_eq!(active().await, [true, true, true]);
    // A signature counts once, wherever it is shown.
    let request = session.request(start + 4);
    assert_eq!(stack.ask(&request).await.status.as_u16(), 201);
    let replayed = replica.client.post("/v1/grants", &request).await.unwrap();
    assert_eq!((replayed.status.as_u16(), replayed.problem()), (409, "signature-used"));

    // Its holder may, also twice; what is no token is no error.
    for token in [first.as_str(), &first, "", "a.b.c", &second[..second.len() - 1]] {
        assert_eq!(revoke(&stack, token).await, 204);
    }
    assert_eq!(active().await, [false, true, true]);

    let jti = |token: &str| {
        let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice::<Value>(&claims).unwrap()["jti"].clone()
    };
    let (status, body) = stack.operate("/ops/v1/grants/revoke", Some(&json!({ "jti": jti(&second) }))).await;
    assert_eq!((status, body), (200, json!({ "revoked": 1, "verification_id": session.verification })));
    assert_eq!(active().await, [false, false, true]);
    assert_eq!(stack.ask(&session.request(start + 2)).await.status.as_u16(), 201, "the session goes on");

    let whole = json!({ "verification_id": session.verification });
    let (status, body) = stack.operate("/ops/v1/grants/revoke", Some(&whole)).await;
    assert_eq!((status, &body["revoked"]), (200, &json!(3)), "{body}");
    assert_eq!(active().await, [false, false, false]);
    let refused = stack.ask(&session.request(start + 3)).await;
    assert_eq!((refused.status.as_u16(), refused.problem()), (409, "session-ended"));
    assert_eq!(stack.operate("/ops/v1/grants/revoke", Some(&whole)).await.1["revoked"], 0);

    for (body, status) in [
        (json!({}), 400),
        (json!({ "jti": jti(&second), "verification_id": session.verification }), 400),
        (json!({ "token": second }), 400),
        (json!({ "jti": "00000000-0000-4000-8000-000000000000" }), 404),
        (json!({ "verification_id": "00000000-0000-4000-8000-000000000000" }), 404),
    ] {
        assert_eq!(stack.operate("/ops/v1/grants/revoke", Some(&body)).await.0, status, "{body}");
    }
    let log = stack.api_log();
    assert!(log.contains("operator revoked grants") && log.contains("ann"), "an action without a name");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_we_did_not_sign_is_inactive() {
    let stack = TestStack::start_with_grants(None, false, &[]).await;
    let session = stack.open_session(1, now() + 7200).await;
    let token = session.token();
    let parts: Vec<&str> = token.split('.').collect();
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let with = |base: &Value, name: &str, value: Value| {
        let mut changed = base.clone();
        changed[name] = value;
        encode(&changed)
    };
    let none = with(&header, "alg", json!("none"));
    for wrong in [
        format!("{}.{}.{}", parts[0], with(&claims, "exp", json!(now() + 86_400)), parts[2]),
        format!("{}.{}.{}", parts[0], with(&claims, "track_id", claims["registry_id"].clone()), parts[2]),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{token}A"),
        token.to_uppercase(),
    ] {
        assert!(!is_active(&stack.client, &wrong).await, "{wrong}");
        // And it revokes nothing.
        assert_eq!(revoke(&stack, &wrong).await, 204);
    }
    assert!(is_active(&stack.client, token).await);
}
