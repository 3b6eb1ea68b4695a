//! RPC endpoints that fail while somebody enrols.

use serde_json::json;
use veilpass_cli::{
    client::Client,
    holders::AUDIENCE,
    stack::{ApiOptions, start_api},
};
use veilpass_fault_proxy::{Fault, FaultProxy};

use super::{
    tokens::{Kind, Mint},
    wallet::Wallet,
    world::{allow, assert_refused, secret, wish},
};
use crate::stack::{DATABASE, MASTER_KEY, TestStack};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_endpoint_is_asked_and_without_one_nobody_is_enrolled() {
    let mut stack = TestStack::start_on_chain().await;
    let (rpc, ws) = (stack.chain().rpc_url.clone(), stack.chain().ws_url.clone());
    let proxy = FaultProxy::start(&rpc, &ws).await.unwrap();
    let api = async |name: &str, urls: &str| {
        let (url, log) = (stack.postgres.url(DATABASE), stack.dir.path().join(name));
        let options = ApiOptions {
            database_url: &url,
            audience: AUDIENCE,
            port: 0,
            log: &log,
            filter: None,
            flags: &["--sweep-interval-seconds", "0"],
            env: &[("VEILPASS_MASTER_KEY", MASTER_KEY), ("VEILPASS_RPC_URLS", urls)],
        };
        let (process, base) = start_api(&options).await.unwrap();
        (process, Client::new(&base).unwrap())
    };
    let (_one, alone) = api("alone.log", proxy.rpc_url()).await;
    let (_two, backed) = api("backed.log", &format!("{},{rpc}", proxy.rpc_url())).await;
    let enrol = async |stack: &TestStack, client: &Client, mint: &Mint, wallet: &Wallet| {
        let answer = client.post("/v1/challenges", &wish(stack, mint, wallet, &secret())).await.unwrap();
        let message = answer.body["message"].as_str().unwrap().to_owned();
        let signature = bs58::encode(wallet.sign(&message)).into_string();
        client.post("/v1/enrollments", &json!({ "message": message, "signature": signature })).await.unwrap()
    };
    let wallet = Wallet::new();
    let faults = [Fault::Disconnect, Fault::Unavailable, Fault::NodeBehind, Fault::Truncated, Fault::Nonsense];
    for fault in faults {
        proxy.faults().clear();
        let mint = Mint::new(stack.chain(), Kind::Spl).await;
        mint.give(stack.chain(), &wallet, 1).await;
        allow(&stack, &mint).await;
        proxy.faults().set(Some(fault));
        let answer = enrol(&stack, &alone, &mint, &wallet).await;
        assert_refused(&answer, 503, "unavailable", "");
        let answer = enrol(&stack, &backed, &mint, &wallet).await;
        assert_eq!(answer.status.as_u16(), 202, "{fault:?}: {}", answer.body);
    }
}
