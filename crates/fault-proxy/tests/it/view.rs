//! Nodes that lag, and forks.

use serde_json::{Value, json};

use crate::node::World;

impl World {
    /// Slots of what is listed.
    async fn listed(&self, config: Value) -> Vec<(u64, String)> {
        let listed = self.result("getSignaturesForAddress", json!(["address", config])).await;
        let entry = |entry: &Value| {
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            (entry["slot"].as_u64().unwrap(), format!("{} {}", text("signature"), text("confirmationStatus")))
        };
        listed.as_array().unwrap().iter().map(entry).collect()
    }

    async fn statuses(&self, signatures: &[&str]) -> Value {
        self.result("getSignatureStatuses", json!([signatures, {}])).await
    }
}

#[tokio::test]
async fn a_node_that_lags_says_the_same_everywhere() {
    let world = World::new().await;
    let plain = world.listed(json!({"limit": 2})).await;
    assert_eq!(plain, [(99, "in 99 confirmed".into()), (96, "in 96 confirmed".into())]);
    world.faults.lag(20);
    assert_eq!(world.result("getSlot", json!([{"commitment": "confirmed"}])).await, 80);
    assert_eq!(world.result("getSlot", json!([{"commitment": "finalized"}])).await, 48);
    assert_eq!(world.result("getBlockHeight", json!([])).await, 70);
    let listed = world.listed(json!({"limit": 1000})).await;
    assert_eq!(listed.len(), 26);
    assert_eq!(listed[0], (78, "in 78 confirmed".into()));
    assert_eq!(listed[10], (48, "in 48 finalized".into()));
    assert_eq!(listed[9], (51, "in 51 confirmed".into()));
    assert_eq!(world.listed(json!({"before": "in 60", "until": "in 51", "limit": 1000})).await.len(), 2);
    assert_eq!(world.listed(json!({"before": "in 60", "limit": 1})).await, [(57, "in 57 confirmed".into())]);
    assert_eq!(world.listed(json!({"until": "in 99", "limit": 1000})).await.len(), 26, "not known yet");
    assert_eq!(world.listed(json!({"commitment": "finalized", "limit": 1000})).await.len(), 16);
    assert_eq!(world.listed(json!({"minContextSlot": 80, "limit": 1})).await.len(), 1);
    let behind = world.answer("getSignaturesForAddress", json!(["address", {"minContextSlot": 81}])).await;
    assert_eq!(behind["error"]["code"], -32016);
    assert_eq!(world.result("getTransaction", json!(["in 78", {}])).await["slot"], 78);
    assert!(world.result("getTransaction", json!(["in 81", {}])).await.is_null());
    assert!(world.result("getTransaction", json!(["in 51", {"commitment": "finalized"}])).await.is_null());
    let statuses = world.statuses(&["in 81", "in 78", "in 48", "none"]).await;
    let expected = json!({"context": {"slot": 80}, "value": [
        null,
        {"slot": 78, "confirmations": 1, "confirmationStatus": "confirmed"},
        {"slot": 48, "confirmations": null, "confirmationStatus": "finalized"},
        null,
    ]});
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn state_is_as_old_as_the_slot_that_is_shown() {
    let world = World::new().await;
    world.faults.lag(5);
    let behind = world.answer("getLatestBlockhash", json!([])).await;
    assert_eq!(behind["error"]["code"], -32005, "nothing was recorded that is old enough");
    for slot in 101..=107 {
        world.chain.lock().unwrap().slot = slot;
        let answer = world.result("getLatestBlockhash", json!([])).await;
        if slot >= 105 {
            let told = json!({"context": {"slot": slot - 5}, "value": {"blockhash": format!("of {}", slot - 5)}});
            assert_eq!(answer, told);
        }
    }
    world.faults.lag(0);
    assert_eq!(world.result("getLatestBlockhash", json!([])).await["value"]["blockhash"], "of 107");
}

#[tokio::test]
async fn a_fork_takes_transactions_away_and_brings_them_back_elsewhere() {
    let world = World::new().await;
    world.faults.fork_away(["in 99", "in 96"]);
    assert_eq!(world.listed(json!({"limit": 1})).await, [(93, "in 93 confirmed".into())], "a full page");
    assert!(world.result("getTransaction", json!(["in 96", {}])).await.is_null());
    assert!(world.statuses(&["in 99"]).await["value"][0].is_null());
    assert_eq!(world.result("getSlot", json!([])).await, 100);

    world.faults.fork_to(95, ["in 99"]);
    world.faults.fork_to(104, ["in 96"]);
    let found = |slot: u64, signature: &str| (slot, format!("{signature} confirmed"));
    assert_eq!(world.listed(json!({"limit": 2})).await, [found(95, "in 99"), found(93, "in 93")]);
    assert_eq!(world.statuses(&["in 99"]).await["value"][0]["slot"], 95);
    world.chain.lock().unwrap().slot = 104;
    assert_eq!(world.listed(json!({"limit": 2})).await, [found(104, "in 96"), found(95, "in 99")]);
    assert_eq!(world.result("getTransaction", json!(["in 96", {}])).await["slot"], 104);
    // The chain itself has it in slot 96, which is final by now.
    world.chain.lock().unwrap().slot = 130;
    let status = world.statuses(&["in 96"]).await["value"][0].take();
    assert_eq!(status, json!({"slot": 104, "confirmations": 1, "confirmationStatus": "confirmed"}));
    world.faults.unfork();
    assert_eq!(
        world.listed(json!({"limit": 2})).await,
        [(99, "in 99 confirmed".into()), (96, "in 96 finalized".into())]
    );
}

#[tokio::test]
async fn more_than_a_page_is_listed_through() {
    let world = World::new().await;
    {
        let mut chain = world.chain.lock().unwrap();
        chain.slot = 5_000;
        chain.transactions = (1..=2_500).map(|slot| (slot, format!("in {slot}"))).collect();
    }
    world.faults.fork_away(["in 2000"]);
    let (mut before, mut slots) = (Value::Null, vec![]);
    loop {
        let page = world.listed(json!({"before": before, "limit": 1000})).await;
        let Some((last, _)) = page.last() else { break };
        before = format!("in {last}").into();
        slots.extend(page.iter().map(|(slot, _)| *slot));
    }
    let expected: Vec<u64> = (1..=2_500).rev().filter(|slot| *slot != 2_000).collect();
    assert_eq!(slots, expected);
}
