//! RPC endpoints that fail while somebody enrols.

use veilpass_fault_proxy::{Fault, FaultProxy};

use super::{
    tokens::{Kind, Mint},
    wallet::Wallet,
    world::{allow, assert_refused, secret, try_enrol},
};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_endpoint_is_asked_and_without_one_nobody_is_enrolled() {
    let mut stack = TestStack::start_on_chain().await;
    let (rpc, ws) = (stack.chain().rpc_url.clone(), stack.chain().ws_url.clone());
    let proxy = FaultProxy::start(&rpc, &ws).await.unwrap();
    let (wallet, faults) = (Wallet::new(), proxy.faults());
    let with = [Fault::Disconnect, Fault::Unavailable, Fault::NodeBehind, Fault::Truncated, Fault::Nonsense];
    let both = format!("{},{rpc}", proxy.rpc_url());
    for (urls, status) in [(proxy.rpc_url(), 503), (both.as_str(), 202)] {
        stack.restart_api(urls, &[]).await;
        for fault in with {
            let mint = Mint::new(stack.chain(), Kind::Spl).await;
            mint.give(stack.chain(), &wallet, 1).await;
            allow(&stack, &mint).await;
            faults.set(Some(fault));
            let answer = try_enrol(&stack, &mint, &wallet, &secret()).await;
            faults.clear();
            assert_eq!(answer.status.as_u16(), status, "{fault:?}: {}", answer.body);
            if status == 503 {
                assert_refused(&answer, 503, "unavailable", "");
            }
        }
    }
}
