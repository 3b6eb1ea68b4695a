//! A token is sold, and its buyer enrols it.

use veilpass_cli::client::Settle;

use super::{
    tokens::{Kind, Mint},
    wallet::Wallet,
    world::{allow, assert_refused, enrol, prove, secret, try_enrol, until},
};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_buyer_enrols_and_the_sellers_proofs_stop_working() {
    let mut stack = TestStack::start_on_chain().await;
    let (seller, buyer) = (Wallet::new(), Wallet::new());
    let (old, new) = (secret(), secret());
    let mint = Mint::new(stack.chain(), Kind::Spl).await;
    let from = mint.give(stack.chain(), &seller, 1).await;
    let to = mint.give(stack.chain(), &buyer, 0).await;
    allow(&stack, &mint).await;
    let sold = enrol(&stack, &mint, &seller, &old).await;
    until(&stack, &sold, "active").await;
    let proof = prove(&stack, &mint, &old, &stack.session(1)).await.unwrap();

    mint.sell(stack.chain(), &seller, &from, &to).await;
    assert_refused(&try_enrol(&stack, &mint, &seller, &old).await, 422, "not-owner", "message");
    let bought = enrol(&stack, &mint, &buyer, &new).await;
    let body = stack.client.get(&sold).await.unwrap().body;
    assert_eq!((&body["status"], &body["reason"]), (&"revoked".into(), &"sold".into()), "{body}");
    let record: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT ownership_record FROM enrollments WHERE revoked_reason = 'sold'")
            .fetch_one(&stack.pool)
            .await
            .unwrap();
    assert!(record.is_none(), "who sold is forgotten");

    until(&stack, &bought, "active").await;
    let stale = stack.post(&proof, &stack.session(1), Settle::OnChain).await;
    assert_eq!((stale.status.as_u16(), stale.problem()), (422, "stale-root"));
    assert_eq!(prove(&stack, &mint, &old, &stack.session(1)).await.err().unwrap(), "not_a_member");
    prove(&stack, &mint, &new, &stack.session(2)).await.unwrap();
}
