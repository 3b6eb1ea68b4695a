//! A stack that enrols, and listeners who ask it to.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use veilpass_cli::{
    client::{Answer, DelegatedProof, JobEnd},
    holders::TRACKS,
};
use veilpass_protocol::{ContextPreimage, IdentitySecret, ProofStatement, TokenId, TrackId, hash_scope};
use veilpass_sealing::OwnershipWitness;
use veilpass_siws::EnrolmentMessage;

use super::{tokens::Mint, wallet::Wallet};
use crate::stack::TestStack;

const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn track() -> TrackId {
    TrackId::from_slug(TRACKS[0])
}

/// Lets a mint unlock the track.
pub(super) async fn allow(stack: &TestStack, mint: &Mint) {
    let token = TokenId::from_mint(&mint.address.to_bytes());
    stack.store.allow_assets(stack.registry, track(), &[token]).await.unwrap();
}

/// What a listener asks a challenge for.
pub(super) fn wish(stack: &TestStack, mint: &Mint, wallet: &Wallet, secret: &IdentitySecret) -> Value {
    json!({
        "registry_id": stack.registry,
        "track_id": track(),
        "mint": mint.address.to_string(),
        "wallet": wallet.address().to_string(),
        "commitment": secret.commitment(),
    })
}

/// The text of a challenge.
pub(super) async fn challenge(stack: &TestStack, mint: &Mint, wallet: &Wallet, secret: &IdentitySecret) -> String {
    let answer = stack.client.post("/v1/challenges", &wish(stack, mint, wallet, secret)).await.unwrap();
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    let text = answer.body["message"].as_str().unwrap();
    let message: EnrolmentMessage = text.parse().unwrap();
    assert_eq!(message.nonce.to_string(), answer.body["nonce"]);
    assert_eq!(message.expires_at.to_string(), answer.body["expires_at"]);
    text.to_owned()
}

pub(super) async fn submit(stack: &TestStack, message: &str, signature: &[u8; 64]) -> Answer {
    let body = json!({ "message": message, "signature": bs58::encode(signature).into_string() });
    stack.client.post("/v1/enrollments", &body).await.unwrap()
}

/// Asks, signs and submits.
pub(super) async fn try_enrol(stack: &TestStack, mint: &Mint, wallet: &Wallet, secret: &IdentitySecret) -> Answer {
    let message = challenge(stack, mint, wallet, secret).await;
    submit(stack, &message, &wallet.sign(&message)).await
}

/// Enrols, and returns the path of the enrolment.
pub(super) async fn enrol(stack: &TestStack, mint: &Mint, wallet: &Wallet, secret: &IdentitySecret) -> String {
    let answer = try_enrol(stack, mint, wallet, secret).await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.body);
    let path = answer.header("location").to_owned();
    assert_eq!(path, format!("/v1/enrollments/{}", answer.body["id"].as_str().unwrap()));
    path
}

/// Waits until an enrolment has this status; returns every status seen on the way, and the last answer.
pub(super) async fn until(stack: &TestStack, path: &str, wanted: &str) -> (Vec<String>, Value) {
    let deadline = Instant::now() + PATIENCE;
    let mut seen = vec![];
    loop {
        let body = stack.client.get(path).await.unwrap().body;
        let status = body["status"].as_str().unwrap_or_default().to_owned();
        if seen.last() != Some(&status) {
            seen.push(status.clone());
        }
        if status == wanted {
            return (seen, body);
        }
        assert!(Instant::now() < deadline, "{path}: {seen:?} {body}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A delegated proof with an enrolled identity.
pub(super) async fn prove(
    stack: &TestStack,
    mint: &Mint,
    secret: &IdentitySecret,
    session: &ContextPreimage,
) -> Result<DelegatedProof, String> {
    let scope = hash_scope(stack.registry, track(), stack.epoch);
    let statement = ProofStatement {
        registry_id: stack.registry,
        track_id: track(),
        epoch: stack.epoch,
        nullifier: secret.nullifier(scope),
        context: session.context(),
    };
    let witness = OwnershipWitness {
        identity_secret: IdentitySecret::from_be_bytes(&secret.expose_be_bytes()).unwrap(),
        token_id: TokenId::from_mint(&mint.address.to_bytes()),
        leaf_index_hint: 0,
    };
    match stack.client.prove(&stack.key, &statement, &witness).await.unwrap() {
        JobEnd::Proved(proof) => Ok(*proof),
        JobEnd::Failed(code) => Err(code),
    }
}

pub(super) fn secret() -> IdentitySecret {
    IdentitySecret::random(&mut rand::rng())
}

/// Status, code and field of a refusal.
#[track_caller]
pub(super) fn assert_refused(answer: &Answer, status: u16, problem: &str, field: &str) {
    let found = (answer.status.as_u16(), answer.problem(), answer.field());
    assert_eq!(found, (status, problem, field), "{}", answer.body);
}
