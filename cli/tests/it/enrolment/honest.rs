//! From a wallet to a settled proof.

use veilpass_cli::client::Settle;

use super::{
    tokens::{Kind, Mint},
    wallet::Wallet,
    world::{allow, enrol, prove, secret, until},
};
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_enrols_its_token_and_its_identity_proves_once_a_root_counts() {
    let mut stack = TestStack::start_on_chain().await;
    for kind in [Kind::Spl, Kind::Token2022] {
        let (wallet, secret) = (Wallet::new(), secret());
        let mint = Mint::new(stack.chain(), kind).await;
        mint.give(stack.chain(), &wallet, 1).await;
        allow(&stack, &mint).await;

        let path = enrol(&stack, &mint, &wallet, &secret).await;
        let (seen, body) = until(&stack, &path, "active").await;
        let order = ["pending_root", "pending_chain", "active"];
        assert!(
            seen.iter().map(|status| order.iter().position(|name| name == status).unwrap()).is_sorted(),
            "{seen:?}"
        );
        let newest = stack.store.newest_root(stack.registry).await.unwrap().unwrap();
        assert_eq!(body["root_seq"], newest.seq, "{body}");
        assert_eq!(body["track_id"], serde_json::json!(super::world::track()));

        let session = stack.session(1);
        let proof = prove(&stack, &mint, &secret, &session).await.unwrap();
        let path = stack.settle(&proof, &session).await;
        stack.status(&path, &["verified", "final"]).await;
        let again = stack.post(&proof, &session, Settle::OffChain).await;
        assert_eq!((again.status.as_u16(), again.problem()), (409, "nullifier-used"));
    }
    // Neither wallet nor mint is in the database, but as a hash under the pepper and as the token's id.
    for unknown in ["/v1/enrollments/00000000-0000-0000-0000-000000000000", "/v1/enrollments/x"] {
        assert_eq!(stack.client.get(unknown).await.unwrap().status.as_u16(), 404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_and_the_logs_tell_nobody_who_enrolled() {
    let mut stack = TestStack::start_on_chain_with("trace").await;
    let (wallet, secret) = (Wallet::new(), secret());
    let mint = Mint::new(stack.chain(), Kind::Spl).await;
    let account = mint.give(stack.chain(), &wallet, 1).await;
    allow(&stack, &mint).await;
    let path = enrol(&stack, &mint, &wallet, &secret).await;
    until(&stack, &path, "active").await;

    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT e::text || l::text || g::text FROM enrollments e JOIN merkle_leaves l USING (registry_id, leaf_index)
         JOIN track_assets g USING (registry_id, track_id, token_id)",
    )
    .fetch_all(&stack.pool)
    .await
    .unwrap();
    assert_eq!(rows.len(), 1);
    let api_log = std::fs::read_to_string(stack.dir.path().join("api.log")).unwrap();
    assert!(api_log.contains("enrolled"), "the log has what happened");
    for hidden in [wallet.address(), account, mint.address] {
        assert!(!rows[0].0.contains(&hex::encode(hidden.to_bytes())), "in the database");
        for text in [hidden.to_string(), hex::encode(hidden.to_bytes())] {
            assert!(!api_log.contains(&text), "in the log: {}", line_with(&api_log, &text));
        }
    }
    let commitment = secret.commitment().to_string();
    assert!(!api_log.contains(&commitment), "{}", line_with(&api_log, &commitment));
}

fn line_with<'a>(log: &'a str, text: &str) -> &'a str {
    log.lines().find(|line| line.contains(text)).unwrap_or_default()
}
