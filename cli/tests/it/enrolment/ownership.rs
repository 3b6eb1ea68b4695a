//! Wallets that do not own what they say.

use super::{
    tokens::{Kind, Mint},
    wallet::Wallet,
    world::{allow, assert_refused, enrol, secret, try_enrol, wish},
};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_token_that_the_wallet_alone_decides_about_is_enrolled() {
    let mut stack = TestStack::start_on_chain().await;
    let leaves = stack.store.registry(stack.registry).await.unwrap().unwrap().leaf_count;
    for kind in [Kind::Spl, Kind::Token2022] {
        let (owner, stranger) = (Wallet::new(), Wallet::new());
        let mint = Mint::new(stack.chain(), kind).await;
        let refused = stack.client.post("/v1/challenges", &wish(&stack, &mint, &owner, &secret())).await.unwrap();
        assert_refused(&refused, 422, "mint-not-allowed", "mint");
        allow(&stack, &mint).await;
        let account = mint.give(stack.chain(), &owner, 1).await;
        assert_refused(&try_enrol(&stack, &mint, &stranger, &secret()).await, 422, "not-owner", "message");
        // An empty account of the mint is no token.
        mint.give(stack.chain(), &stranger, 0).await;
        assert_refused(&try_enrol(&stack, &mint, &stranger, &secret()).await, 422, "not-owner", "message");
        mint.delegate(stack.chain(), &owner, &account).await;
        assert_refused(&try_enrol(&stack, &mint, &owner, &secret()).await, 422, "token-delegated", "message");
        mint.freeze(stack.chain(), &account).await;
        assert_refused(&try_enrol(&stack, &mint, &owner, &secret()).await, 422, "token-frozen", "message");
    }
    assert_eq!(stack.store.registry(stack.registry).await.unwrap().unwrap().leaf_count, leaves);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_mint_with_many_holders_one_does_not_end_the_enrolment_of_another() {
    let mut stack = TestStack::start_on_chain().await;
    let mint = Mint::new(stack.chain(), Kind::Spl).await;
    allow(&stack, &mint).await;
    let (first, second) = (Wallet::new(), Wallet::new());
    let account = mint.give(stack.chain(), &first, 1).await;
    let other = mint.give(stack.chain(), &second, 1).await;
    let path = enrol(&stack, &mint, &first, &secret()).await;
    assert_refused(&try_enrol(&stack, &mint, &second, &secret()).await, 409, "enrolled-by-another", "");
    assert_ne!(stack.client.get(&path).await.unwrap().body["status"], "revoked");
    mint.sell(stack.chain(), &first, &account, &other).await;
    enrol(&stack, &mint, &second, &secret()).await;
    assert_eq!(stack.client.get(&path).await.unwrap().body["reason"], "sold");
}
