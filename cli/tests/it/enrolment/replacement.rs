//! A wallet that enrols its token under another identity, again and again.

use super::{
    tokens::{Kind, Mint},
    wallet::Wallet,
    world::{allow, assert_refused, enrol, secret, try_enrol},
};
use crate::stack::TestStack;

/// Each replacement makes the proofs of everybody stale, and costs its wallet nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_replaces_its_enrolment_once_in_a_while_and_a_buyer_does_not_wait() {
    let mut stack = TestStack::launch(None, true, &[], &[("VEILPASS_REPLACEMENT_SECONDS", "3600")]).await;
    let (wallet, buyer) = (Wallet::new(), Wallet::new());
    let (first, second) = (secret(), secret());
    let mint = Mint::new(stack.chain(), Kind::Spl).await;
    let from = mint.give(stack.chain(), &wallet, 1).await;
    let to = mint.give(stack.chain(), &buyer, 0).await;
    allow(&stack, &mint).await;
    let old = enrol(&stack, &mint, &wallet, &first).await;

    let refused = try_enrol(&stack, &mint, &wallet, &second).await;
    assert_refused(&refused, 409, "replaced-lately", "");
    let left: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&left), "{left}");
    assert_ne!(stack.client.get(&old).await.unwrap().body["status"], "revoked");
    let again = try_enrol(&stack, &mint, &wallet, &first).await;
    assert_eq!(again.status.as_u16(), 200, "the same enrolment is no replacement: {}", again.body);

    let an_hour_ago = "UPDATE merkle_leaves SET enrolled_at = enrolled_at - interval '1 h' WHERE revoked_at IS NULL";
    sqlx::query(an_hour_ago).execute(&stack.pool).await.unwrap();
    let new = enrol(&stack, &mint, &wallet, &second).await;
    assert_eq!(stack.client.get(&old).await.unwrap().body["reason"], "replaced");
    assert_refused(&try_enrol(&stack, &mint, &wallet, &secret()).await, 409, "replaced-lately", "");

    mint.sell(stack.chain(), &wallet, &from, &to).await;
    enrol(&stack, &mint, &buyer, &secret()).await;
    assert_eq!(stack.client.get(&new).await.unwrap().body["reason"], "sold");
}
