//! Attacks on a real proof, over HTTP.

use base64::{Engine, prelude::BASE64_STANDARD};
use veilpass_cli::{
    client::{Client, DelegatedProof, JobEnd, Settle},
    holders::{self, Holder, TRACKS},
    publish::publish,
};
use veilpass_protocol::{ContextPreimage, FieldElement, IdentitySecret, Pepper, RegistryId, TrackId, hash_scope};

use crate::stack::{TestStack, create_registry};

async fn verify(stack: &TestStack, proof: &DelegatedProof, session: &ContextPreimage) -> (u16, String) {
    let body = Client::verification_request(proof, session, Settle::OffChain);
    let answer = stack.client.post("/v1/verifications", &body).await.unwrap();
    (answer.status.as_u16(), answer.problem().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_counts_once_and_only_for_what_it_says() {
    let stack = TestStack::start().await;
    // A second registry with the same leaves, hence the same root.
    let other = RegistryId::new(FieldElement::from_u64(2));
    create_registry(&stack.store, other, "other").await;
    stack.store.enrol(other, &holders::enrolments(&Pepper::new([3; 32]), 0, 12)).await.unwrap();
    publish(&stack.store, other).await.unwrap();

    let (proof, session) = (stack.prove(1).await, stack.session(1));
    let invalid = (422, "invalid-proof".to_owned());

    let mut forged = proof.clone();
    forged.public_inputs.registry_id = other;
    assert_eq!(verify(&stack, &forged, &session).await, invalid, "another registry");
    let mut forged = proof.clone();
    forged.public_inputs.track_id = TrackId::from_slug(TRACKS[0]);
    assert_ne!(forged.public_inputs.track_id, proof.public_inputs.track_id);
    assert_eq!(verify(&stack, &forged, &session).await, invalid, "another track");
    let mut forged = proof.clone();
    forged.public_inputs.nullifier = stack.prove(2).await.public_inputs.nullifier;
    assert_eq!(verify(&stack, &forged, &session).await, invalid, "another nullifier");
    let mut forged = proof.clone();
    forged.public_inputs.context = stack.session(9).context();
    assert_eq!(verify(&stack, &forged, &stack.session(9)).await, invalid, "another session");
    assert_eq!(verify(&stack, &proof, &stack.session(9)).await, (422, "context-mismatch".to_owned()));

    // Two uses at once, then a third.
    let (first, second) = tokio::join!(verify(&stack, &proof, &session), verify(&stack, &proof, &session));
    let mut both = [first, second];
    both.sort();
    assert_eq!(both, [(201, String::new()), (409, "nullifier-used".to_owned())]);
    assert_eq!(verify(&stack, &proof, &session).await, (409, "nullifier-used".to_owned()));
    assert_eq!(stack.rows().await.1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_for_a_session_that_has_expired_or_lives_too_long_is_refused() {
    let stack = TestStack::start().await;
    let holder = Holder::new(1);
    for (expires_at, problem) in [(1_000, "context-expired"), (u64::MAX, "context-too-long")] {
        let session = ContextPreimage { expires_at, ..stack.session(1) };
        let statement = holder.statement(stack.registry, stack.epoch, &session);
        let JobEnd::Proved(proof) = stack.client.prove(&stack.key, &statement, &holder.witness(1)).await.unwrap()
        else {
            panic!("no proof");
        };
        assert_eq!(verify(&stack, &proof, &session).await, (422, problem.to_owned()));
    }
    let session = ContextPreimage { cluster: "mainnet-beta".to_owned(), ..stack.session(1) };
    let statement = holder.statement(stack.registry, stack.epoch, &session);
    let JobEnd::Proved(proof) = stack.client.prove(&stack.key, &statement, &holder.witness(1)).await.unwrap() else {
        panic!("no proof");
    };
    assert_eq!(verify(&stack, &proof, &session).await, (422, "wrong-cluster".to_owned()));
}

/// Bytes spread over the whole proof, and every commitment replaced by the identity; each checked by the real verifier.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_proof_is_refused_wherever_the_damage_is() {
    let stack = TestStack::start().await;
    let (proof, session) = (stack.prove(1).await, stack.session(1));
    let bytes = BASE64_STANDARD.decode(&proof.proof).unwrap();
    let mut damaged: Vec<(String, Vec<u8>)> = (0..bytes.len())
        .step_by(61)
        .map(|position| {
            let mut copy = bytes.clone();
            copy[position] ^= 1;
            (format!("byte {position}"), copy)
        })
        .collect();
    // Points: the commitments before the sumcheck, the Libra pair, the folds, the last two.
    for point in (256..896).chain(5760..6592).chain(7104..7232).step_by(64) {
        let mut copy = bytes.clone();
        if copy[point..point + 64].iter().any(|byte| *byte != 0) {
            copy[point..point + 64].fill(0);
            damaged.push((format!("identity at {point}"), copy));
        }
    }
    damaged.push(("zeros".to_owned(), vec![0; bytes.len()]));
    assert!(damaged.len() > 130);
    for (what, bytes) in damaged {
        let forged = DelegatedProof { proof: BASE64_STANDARD.encode(bytes), ..proof.clone() };
        assert_eq!(verify(&stack, &forged, &session).await, (422, "invalid-proof".to_owned()), "{what}");
    }
    assert_eq!(stack.rows().await.1, 0, "nothing was spent");
    assert_eq!(verify(&stack, &proof, &session).await.0, 201, "the proof itself is good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_prover_refuses_who_does_not_hold_and_what_does_not_fit() {
    let stack = TestStack::start().await;
    let session = stack.session(1);
    let failed = async |statement, witness| match stack.client.prove(&stack.key, &statement, &witness).await.unwrap() {
        JobEnd::Failed(code) => code,
        JobEnd::Proved(_) => panic!("it was proved"),
    };
    let holder = Holder::new(1);
    let statement = holder.statement(stack.registry, stack.epoch, &session);

    let stranger = Holder::new(1_000);
    assert_eq!(
        failed(stranger.statement(stack.registry, stack.epoch, &session), stranger.witness(1)).await,
        "not_a_member"
    );
    // A holder that names a token it does not have.
    let mut witness = holder.witness(1);
    witness.token_id = Holder::new(2).token_id;
    assert_eq!(failed(statement, witness).await, "not_a_member");
    // A holder with the nullifier of another secret, which would let it be spent again and again.
    let mut again = statement;
    let other = IdentitySecret::random(&mut rand::rng());
    again.nullifier = other.nullifier(hash_scope(stack.registry, holder.track_id, stack.epoch));
    assert_eq!(failed(again, holder.witness(1)).await, "witness_unsatisfied");

    // A stolen envelope under another statement: another session wants to use it.
    let stolen = Client::proof_request(&stack.key, &statement, &holder.witness(1));
    let mut moved = Client::proof_request(
        &stack.key,
        &holder.statement(stack.registry, stack.epoch, &stack.session(666)),
        &holder.witness(1),
    );
    moved["sealed_witness"] = stolen["sealed_witness"].clone();
    let job = stack.client.submit(&moved).await.unwrap();
    let end = stack.client.wait(&job, std::time::Duration::from_secs(60), |_| {}).await.unwrap();
    assert!(matches!(end, JobEnd::Failed(code) if code == "sealed_witness_invalid"));
}

/// A refusal is remembered, by all replicas; that a proof holds is not, and a refusal is of one proof for one statement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_remembered_and_nothing_else_is() {
    let stack = TestStack::launch(None, false, &[], &[("VEILPASS_MASTER_KEY", crate::stack::MASTER_KEY)]).await;
    let (proof, session) = (stack.prove(1).await, stack.session(1));
    let mut bytes = BASE64_STANDARD.decode(&proof.proof).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = DelegatedProof { proof: BASE64_STANDARD.encode(bytes), ..proof.clone() };
    let post = async |proof: &DelegatedProof| {
        let body = Client::verification_request(proof, &session, Settle::OffChain);
        stack.client.post("/v1/verifications", &body).await.unwrap()
    };
    let (first, second) = (post(&forged).await, post(&forged).await);
    assert_eq!((first.status.as_u16(), first.problem()), (422, "invalid-proof"));
    assert_eq!((second.status, &second.body["detail"]), (first.status, &first.body["detail"]));
    let redis = stack.redis.as_ref().unwrap().url();
    let mut connection = redis::Client::open(redis).unwrap().get_multiplexed_async_connection().await.unwrap();
    let kept: Vec<String> = redis::cmd("KEYS").arg("*refused-proof*").query_async(&mut connection).await.unwrap();
    assert_eq!(kept.len(), 1, "{kept:?}");
    // The third answer comes from there, for it says what is there.
    let set = redis::cmd("SET").arg(&kept[0]).arg("as remembered").exec_async(&mut connection).await;
    set.unwrap();
    let third = post(&forged).await;
    assert_eq!(third.status.as_u16(), 422);
    assert!(third.body["detail"].as_str().unwrap().ends_with("as remembered"), "{}", third.body);
    // Whoever writes there can have a proof refused, and no more.
    assert_eq!(post(&proof).await.status.as_u16(), 201);
}
