//! Faults of single requests, and of connections.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use veilpass_fault_proxy::Fault;

use crate::node::World;

fn slot() -> Value {
    json!({"jsonrpc": "2.0", "id": 9, "method": "getSlot", "params": []})
}

#[tokio::test]
async fn each_fault_is_what_it_says_and_ends_when_told() {
    let world = World::new().await;
    let (faults, ask) = (&world.faults, || async { world.post(&slot()).await });
    assert_eq!(world.result("getSlot", json!([])).await, 100);

    faults.set(Some(Fault::TimeOut));
    assert!(ask().await.unwrap_err().is_timeout());
    faults.set(Some(Fault::Disconnect));
    let broken = ask().await.unwrap_err();
    assert!(broken.is_request() && !broken.is_timeout() && !broken.is_connect(), "{broken:?}");
    faults.set(Some(Fault::TooManyRequests { retry_after_seconds: Some(7) }));
    let refused = ask().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    faults.set(Some(Fault::Unavailable));
    assert_eq!(ask().await.unwrap().status().as_u16(), 503);
    for (fault, code) in [
        (Fault::NodeBehind, -32005),
        (Fault::BlockNotAvailable, -32004),
        (Fault::BlockStatusNotAvailable, -32014),
        (Fault::SlotNotReached, -32016),
    ] {
        faults.set(Some(fault));
        assert_eq!(world.answer("getSlot", json!([])).await["error"]["code"], code);
    }
    faults.set(Some(Fault::Truncated));
    let cut = ask().await.unwrap();
    assert!(cut.status().is_success() && cut.text().await.is_err(), "the body ends before its length");
    faults.set(Some(Fault::Nonsense));
    assert!(ask().await.unwrap().text().await.unwrap().starts_with("<html>"));

    faults.refuse_rpc(true);
    // Until the proxy has closed its doors a request is answered, if only by nonsense.
    while !ask().await.is_err_and(|error| error.is_connect()) {}
    faults.clear();
    while ask().await.is_err() {}
    assert_eq!(world.result("getSlot", json!([])).await, 100, "on the same port");
}

#[tokio::test]
async fn a_fault_of_one_method_spares_the_others_and_batches_are_answered() {
    let world = World::new().await;
    world.faults.set_for("getSlot", Some(Fault::Unavailable));
    assert_eq!(world.result("getBlockHeight", json!([])).await, 90);
    assert_eq!(world.post(&slot()).await.unwrap().status().as_u16(), 503);
    world.faults.set_for("getSlot", None);
    let batch = json!([slot(), {"jsonrpc": "2.0", "id": 10, "method": "getBlockHeight", "params": []}]);
    let answers: Value = world.post(&batch).await.unwrap().json().await.unwrap();
    let expected = json!([{"jsonrpc": "2.0", "id": 9, "result": 100}, {"jsonrpc": "2.0", "id": 10, "result": 90}]);
    assert_eq!(answers, expected);
    world.faults.set(Some(Fault::SlotNotReached));
    let answers: Value = world.post(&batch).await.unwrap().json().await.unwrap();
    assert_eq!((&answers[1]["id"], &answers[1]["error"]["code"]), (&json!(10), &json!(-32016)));
    let counts = world.faults.counts();
    assert_eq!((counts.requests, counts.faults), (4, 2));
    world.faults.clear();
    world.faults.refuse_batches(true);
    assert_eq!(world.post(&batch).await.unwrap().status().as_u16(), 400);
    assert_eq!(world.result("getSlot", json!([])).await, 100);
}

#[tokio::test]
async fn draws_of_a_seed_repeat() {
    let mut seen = vec![];
    for seed in [1, 1, 2] {
        let world = World::new().await;
        world.faults.draw(seed, 500);
        let mut outcomes = vec![];
        for _ in 0..40 {
            outcomes.push(match world.post(&slot()).await {
                Err(error) => format!("{} {}", error.is_timeout(), error.is_request()),
                Ok(answer) => format!("{} {:?}", answer.status(), answer.text().await.ok()),
            });
        }
        let kinds: std::collections::BTreeSet<_> = outcomes.iter().collect();
        assert!(kinds.len() > 4, "{kinds:?}");
        assert!((10..30).contains(&world.faults.counts().faults), "{:?}", world.faults.counts());
        seen.push(outcomes);
    }
    assert!(seen[0] == seen[1] && seen[0] != seen[2]);
}

#[tokio::test]
async fn sends_are_doubled_or_swallowed() {
    let world = World::new().await;
    let signature = [7; 64];
    let expected = bs58::encode(signature).into_string();
    // What matters of a transaction: where its first signature is.
    let legacy = [&[1], &signature[..], &[1, 0, 1], &[0; 80]].concat();
    let version_1 = [&[0x81, 2, 0, 1], &[0; 80][..], &signature, &[8; 64]].concat();
    world.faults.set(Some(Fault::SwallowSend));
    for bytes in [&legacy, &version_1] {
        let params = json!([BASE64_STANDARD.encode(bytes), {"encoding": "base64"}]);
        assert_eq!(world.result("sendTransaction", params).await, expected);
    }
    let base58 = bs58::encode(&legacy).into_string();
    assert_eq!(world.result("sendTransaction", json!([base58])).await, expected);
    assert!(world.chain.lock().unwrap().sent.is_empty());
    world.faults.set(Some(Fault::SendTwice));
    assert_eq!(world.result("sendTransaction", json!([base58])).await, "sent 1");
    assert_eq!(world.chain.lock().unwrap().sent, [base58.as_str(), &base58]);
    assert_eq!(world.result("getSlot", json!([])).await, 100, "other requests are answered");
}
