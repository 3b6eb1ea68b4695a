//! Messages that are not what was asked for, and signatures that are not of them.

use serde_json::json;
use veilpass_siws::{Address, Cluster, EnrolmentMessage, Nonce, Timestamp};

use super::{
    tokens::{Kind, Mint},
    wallet::{Wallet, not_canonical},
    world::{allow, assert_refused, challenge, secret, submit, wish},
};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_counts_once_here_now_and_as_it_was_made() {
    let mut stack = TestStack::start_on_chain().await;
    let (wallet, secret) = (Wallet::new(), secret());
    let mint = Mint::new(stack.chain(), Kind::Spl).await;
    let other_mint = Mint::new(stack.chain(), Kind::Spl).await;
    mint.give(stack.chain(), &wallet, 1).await;
    allow(&stack, &mint).await;
    let text = challenge(&stack, &mint, &wallet, &secret).await;
    let good: EnrolmentMessage = text.parse().unwrap();
    let now = good.issued_at.unix();

    // Signed by the wallet, each of them: what is wrong is what they say.
    let at = |issued, expires| EnrolmentMessage {
        issued_at: Timestamp::from_unix(issued),
        expires_at: Timestamp::from_unix(expires),
        ..good.clone()
    };
    let elsewhere = "https://evil.example".parse::<veilpass_siws::Origin>().unwrap();
    let cases = [
        ("wrong-domain", EnrolmentMessage { domain: elsewhere.domain(), ..good.clone() }),
        ("wrong-domain", EnrolmentMessage { uri: elsewhere.clone(), ..good.clone() }),
        ("wrong-domain", EnrolmentMessage { domain: elsewhere.domain(), uri: elsewhere, ..good.clone() }),
        ("wrong-cluster", EnrolmentMessage { cluster: Cluster::Mainnet, ..good.clone() }),
        ("wrong-program", EnrolmentMessage { program: Address::new([1; 32]), ..good.clone() }),
        ("mint-not-allowed", EnrolmentMessage { mint: Address::new(other_mint.address.to_bytes()), ..good.clone() }),
        ("message-expired", at(now - 700, now - 100)),
        ("wrong-times", at(now + 200, now + 300)),
        ("wrong-times", at(now, now + 901)),
        // Bound to the whole message: a nonce is of no use for another.
        ("unknown-nonce", EnrolmentMessage { commitment: super::world::secret().commitment(), ..good.clone() }),
        ("unknown-nonce", EnrolmentMessage { nonce: Nonce::new([7; 16]), ..good.clone() }),
    ];
    for (problem, message) in cases {
        let text = message.to_string();
        assert_refused(&submit(&stack, &text, &wallet.sign(&text)).await, 422, problem, "message");
    }

    // The attempt under another commitment has used the nonce up.
    assert_refused(&submit(&stack, &text, &wallet.sign(&text)).await, 422, "unknown-nonce", "message");
    let text = challenge(&stack, &mint, &wallet, &secret).await;
    let tampered = text.replacen("moves nothing.", "moves nothing!", 1);
    let answer = submit(&stack, &tampered, &wallet.sign(&tampered)).await;
    assert_refused(&answer, 400, "malformed-request", "message");
    let signature = wallet.sign(&text);
    for wrong in [Wallet::new().sign(&text), not_canonical(signature), wallet.sign(&format!("{text}\n")), [0; 64]] {
        assert_refused(&submit(&stack, &text, &wrong).await, 422, "wrong-signature", "signature");
    }
    // Nobody who cannot sign uses a nonce up.
    assert_eq!(submit(&stack, &text, &signature).await.status.as_u16(), 202);
    assert_refused(&submit(&stack, &text, &signature).await, 422, "unknown-nonce", "message");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_is_for_what_exists_and_bodies_are_strict() {
    let mut stack = TestStack::start_on_chain().await;
    let (wallet, secret) = (Wallet::new(), secret());
    let mint = Mint::new(stack.chain(), Kind::Spl).await;
    allow(&stack, &mint).await;
    let good = wish(&stack, &mint, &wallet, &secret);
    let zero = format!("0x{}", "00".repeat(32));
    let over = "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let cases = [
        ("registry_id", json!(zero), 422, "unknown-registry"),
        ("track_id", json!(stack.registry), 422, "unknown-track"),
        ("commitment", json!(over), 400, "malformed-request"),
        ("mint", json!("0OIl"), 400, "malformed-request"),
        ("wallet", json!(7), 400, "malformed-request"),
        ("audience", json!("https://evil.example"), 422, "wrong-audience"),
        ("extra", json!(1), 400, "malformed-request"),
    ];
    for (field, value, status, problem) in cases {
        let mut body = good.clone();
        body[field] = value;
        assert_refused(&stack.client.post("/v1/challenges", &body).await.unwrap(), status, problem, field);
    }
    for signature in ["", "1", "0", &"z".repeat(200)] {
        let body = json!({ "message": "x", "signature": signature });
        let answer = stack.client.post("/v1/enrollments", &body).await.unwrap();
        assert_refused(&answer, 400, "malformed-request", "signature");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_master_key_nobody_is_enrolled() {
    let stack = TestStack::start().await;
    let mint = Address::new([1; 32]).to_string();
    let zero = format!("0x{}", "00".repeat(32));
    let body = json!({
        "registry_id": stack.registry, "track_id": zero, "mint": mint, "wallet": mint, "commitment": zero,
    });
    assert_refused(&stack.client.post("/v1/challenges", &body).await.unwrap(), 503, "not-configured", "");
    let body = json!({ "message": "x", "signature": bs58::encode([1; 64]).into_string() });
    assert_refused(&stack.client.post("/v1/enrollments", &body).await.unwrap(), 503, "not-configured", "");
}
