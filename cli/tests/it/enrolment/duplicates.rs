//! A key that signs twice.

use super::{
    tokens::{Kind, Mint},
    wallet::Wallet,
    world::{allow, assert_refused, challenge, secret, submit, try_enrol, until},
};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_signs_differently_each_time_enrols_once() {
    let mut stack = TestStack::start_on_chain().await;
    let (wallet, secret) = (Wallet::new(), secret());
    let mint = Mint::new(stack.chain(), Kind::Token2022).await;
    mint.give(stack.chain(), &wallet, 1).await;
    allow(&stack, &mint).await;

    let text = challenge(&stack, &mint, &wallet, &secret).await;
    let (one, other) = (wallet.sign_at_random(&text), wallet.sign_at_random(&text));
    assert_ne!(one, other);
    let first = submit(&stack, &text, &one).await;
    assert_eq!(first.status.as_u16(), 202, "{}", first.body);
    assert_refused(&submit(&stack, &text, &other).await, 422, "unknown-nonce", "message");

    let again = challenge(&stack, &mint, &wallet, &secret).await;
    let second = submit(&stack, &again, &wallet.sign_at_random(&again)).await;
    assert_eq!((second.status.as_u16(), &second.body["id"]), (200, &first.body["id"]), "{}", second.body);
    assert_eq!(second.header("location"), first.header("location"));

    // Another identity replaces it.
    let replaced = try_enrol(&stack, &mint, &wallet, &super::world::secret()).await;
    assert_eq!(replaced.status.as_u16(), 202);
    assert_ne!(replaced.body["id"], first.body["id"]);
    let body = stack.client.get(first.header("location")).await.unwrap().body;
    assert_eq!((&body["status"], &body["reason"]), (&"revoked".into(), &"replaced".into()));
    until(&stack, replaced.header("location"), "active").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_enrolments_at_once_one_is_made() {
    let mut stack = TestStack::start_on_chain().await;
    let (wallet, secret) = (Wallet::new(), secret());
    let mint = Mint::new(stack.chain(), Kind::Spl).await;
    mint.give(stack.chain(), &wallet, 1).await;
    allow(&stack, &mint).await;
    let before = stack.store.registry(stack.registry).await.unwrap().unwrap().leaf_count;
    let answers = futures_util::future::join_all((0..10).map(|_| try_enrol(&stack, &mint, &wallet, &secret))).await;
    for answer in &answers {
        assert!(answer.status.is_success(), "{} {}", answer.status, answer.body);
        assert_eq!(answer.body["id"], answers[0].body["id"]);
    }
    assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 202).count(), 1, "one of them is new");
    assert_eq!(stack.store.registry(stack.registry).await.unwrap().unwrap().leaf_count, before + 1);
}
