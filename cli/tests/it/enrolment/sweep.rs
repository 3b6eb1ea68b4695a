//! Tokens that move without anybody telling.

use std::time::Duration;

use super::{
    tokens::{Kind, Mint},
    wallet::Wallet,
    world::{allow, enrol, secret, until},
};
use crate::stack::TestStack;

/// Of an API that sweeps each second.
const SWEEPS: [(&str, &str); 1] = [("VEILPASS_SWEEP_INTERVAL_SECONDS", "1")];

/// Waits until so many lines of the API's log have this.
async fn logged(stack: &TestStack, text: &str, times: usize) {
    let path = stack.dir.path().join("api.log");
    for _ in 0..600 {
        if std::fs::read_to_string(&path).unwrap().lines().filter(|line| line.contains(text)).count() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{text} is not in the log: {}", std::fs::read_to_string(&path).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_revokes_what_has_moved_and_nothing_else() {
    let mut stack = TestStack::start_on_chain().await;
    let rpc = stack.chain().rpc_url.clone();
    let mut paths = vec![];
    let (wallet, buyer) = (Wallet::new(), Wallet::new());
    let mut accounts = vec![];
    // Stays; sold; to another account of the same wallet; frozen.
    for kind in [Kind::Spl, Kind::Spl, Kind::Token2022, Kind::Token2022] {
        let mint = Mint::new(stack.chain(), kind).await;
        let account = mint.give(stack.chain(), &wallet, 1).await;
        allow(&stack, &mint).await;
        paths.push(enrol(&stack, &mint, &wallet, &secret()).await);
        accounts.push((mint, account));
    }
    for path in &paths {
        until(&stack, path, "active").await;
    }
    let to = accounts[1].0.give(stack.chain(), &buyer, 0).await;
    accounts[1].0.sell(stack.chain(), &wallet, &accounts[1].1, &to).await;
    let to = accounts[2].0.give(stack.chain(), &wallet, 0).await;
    accounts[2].0.sell(stack.chain(), &wallet, &accounts[2].1, &to).await;
    accounts[3].0.freeze(stack.chain(), &accounts[3].1).await;

    // Without an RPC that answers nothing is revoked.
    stack.restart_api("http://127.0.0.1:1", &SWEEPS).await;
    logged(&stack, "the ownership sweep stopped", 2).await;
    for path in &paths {
        assert_eq!(stack.client.get(path).await.unwrap().body["status"], "active");
    }

    stack.restart_api(&rpc, &SWEEPS).await;
    let (_, body) = until(&stack, &paths[1], "revoked").await;
    assert_eq!(body["reason"], "sold");
    logged(&stack, "ownership sweep checked=3 revoked=0 errors=0", 1).await;
    for path in [&paths[0], &paths[2], &paths[3]] {
        until(&stack, path, "active").await;
    }
    let log = std::fs::read_to_string(stack.dir.path().join("api.log")).unwrap();
    assert!(!log.contains(&wallet.address().to_string()) && !log.contains(&accounts[1].0.address.to_string()));
}
