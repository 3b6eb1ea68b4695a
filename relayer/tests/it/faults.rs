//! RPC endpoints that fail, drop transactions, or lie.

use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;
use veilpass_chain::{Event, registry_address};
use veilpass_svm::{Listener, ProofMaker};

use crate::{
    chain::SLOT_MS,
    proxy::{Fault, Proxy},
    publish::root,
    world::{TRACK, World, options},
};

type MakeFault = fn() -> Fault;

const TIMEOUT: Duration = Duration::from_millis(500);

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn an_endpoint_that_fails_in_whatever_way_is_left_for_another(pool: PgPool) {
    let world = World::new(&pool).await;
    let faults: [(&str, MakeFault); 7] = [
        ("unavailable", || Fault::Status(503)),
        ("too many requests", || Fault::Status(429)),
        ("a broken gateway", || Fault::Status(502)),
        ("silence", || Fault::Silence),
        ("half an answer", || Fault::Truncated),
        ("a node that is behind", || Fault::Error(-32005)),
        ("another answer than asked for", || Fault::Answer(json!("ok"))),
    ];
    for (number, (name, fault)) in (1..).zip(faults) {
        let (broken, good) = (Proxy::start(&world.chain.url).await, Proxy::start(&world.chain.url).await);
        broken.fail(move |_, _| fault());
        world.publish(number, root(100 + number)).await;
        world.drain(&world.relayer_at(&[&broken.url, &good.url], TIMEOUT, options())).await;
        assert_eq!(world.state().await.sequence, number, "{name}");
        let (failed, answered) = (broken.count(), good.count());
        assert!(failed > 0 && failed < answered / 2, "{name}: {failed} failed, {answered} answered");
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn when_no_endpoint_answers_the_intent_waits_and_says_why(pool: PgPool) {
    let world = World::new(&pool).await;
    let proxy = Proxy::start(&world.chain.url).await;
    proxy.fail(|_, _| Fault::Status(503));
    world.publish(1, root(101)).await;
    let relayer = world.relayer_at(&[&proxy.url], TIMEOUT, options());
    assert!(relayer.work_once().await.unwrap());
    let (state, attempts, why): (String, i32, String) =
        sqlx::query_as("SELECT state::text, attempts, last_error FROM chain_outbox").fetch_one(&pool).await.unwrap();
    let host = proxy.url.strip_prefix("http://").unwrap();
    assert_eq!((state.as_str(), attempts), ("pending", 1));
    assert_eq!(why, format!("no RPC endpoint answers; the last one: {host}: HTTP 503 Service Unavailable"));
    proxy.fail(|_, _| Fault::None);
    sqlx::query("UPDATE chain_outbox SET not_before = now()").execute(&pool).await.unwrap();
    world.drain(&relayer).await;
    assert_eq!(world.state().await.sequence, 1);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_transaction_that_is_dropped_expires_and_another_offers_more(pool: PgPool) {
    let world = World::with_slots(&pool, 20).await;
    let proxy = Proxy::start(&world.chain.url).await;
    proxy.fail(|method, _| if method == "sendTransaction" { Fault::Answer(json!("dropped")) } else { Fault::None });
    world.publish(1, root(101)).await;
    let relayer = world.relayer_at(&[&proxy.url], Duration::from_secs(10), options());
    let until_expired = async {
        let expired = "SELECT EXISTS (SELECT 1 FROM chain_attempts WHERE outcome = 'expired')";
        while !sqlx::query_scalar::<_, bool>(expired).fetch_one(&pool).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        proxy.fail(|_, _| Fault::None);
    };
    tokio::join!(world.drain(&relayer), until_expired);

    let attempts: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT tx_signature, outcome::text, lamports FROM chain_attempts ORDER BY created_at")
            .fetch_all(&pool)
            .await
            .unwrap();
    let [(_, expired, first), (signature, landed, second)] = attempts.as_slice() else { panic!("{attempts:?}") };
    assert_eq!((expired.as_str(), landed.as_str()), ("expired", "landed"));
    assert!(first < second, "{first} {second}");
    let fee = world.chain.transaction(signature).await["meta"]["fee"].as_i64().unwrap();
    assert_eq!(fee, *second, "the chain takes what was recorded");

    // What was dropped comes late: it can no longer land.
    let sent = proxy.requests("sendTransaction");
    assert!(sent.len() > 2, "it was sent again before it expired");
    let send = solana_rpc_client::api::request::RpcRequest::SendTransaction;
    let _ = world.chain.rpc.send::<serde_json::Value>(send, sent[0].clone()).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let late = world.chain.rpc.get_signature_statuses(&[attempts[0].0.parse().unwrap()]).await.unwrap().value;
    assert!(late[0].as_ref().is_none_or(|status| status.err.is_some()), "{late:?}");
    assert_eq!(world.chain.transactions(&registry_address(world.registry)).await, 2, "with the initialization");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn what_a_fork_undoes_is_done_again(pool: PgPool) {
    let world = World::new(&pool).await;
    let other = World::chain_with_registry(&world.operator, world.registry, SLOT_MS).await;
    let proxy = Proxy::start(&world.chain.url).await;
    // Final is only what both forks have.
    let common = other.url.clone();
    proxy.fail(move |_, params| {
        let is_final = params.as_array().unwrap().iter().any(|config| config["commitment"] == "finalized");
        if is_final { Fault::From(common.clone()) } else { Fault::None }
    });
    let mut maker = ProofMaker::new(vec![Listener::new(1, TRACK)]).unwrap();
    let seq = world.publish(1, maker.root()).await;
    let (proof, inputs) = maker.prove(0, world.registry, World::epoch(), 5).unwrap();
    let id = world.accept(&proof, inputs, seq).await;
    let relayer = world.relayer_at(&[&proxy.url], Duration::from_secs(10), options());
    let confirmed = "SELECT count(*) FROM chain_outbox WHERE state = 'confirmed'";
    while sqlx::query_scalar::<_, i64>(confirmed).fetch_one(&pool).await.unwrap() < 2 {
        if !relayer.work_once().await.unwrap() {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
    assert!(world.receipt(&inputs).await.is_some());

    // On the fork that wins neither happened.
    let winner = other.url.clone();
    proxy.fail(move |_, _| Fault::From(winner.clone()));
    world.drain(&relayer).await;
    let (mut roots, mut proofs) = (0, 0);
    for signature in other.signatures(&registry_address(world.registry)).await {
        for event in other.events(&signature).await {
            match event {
                Event::MerkleRootUpdated(event) => roots += u32::from(event.root == maker.root().to_be_bytes()),
                Event::OwnershipVerified(event) => {
                    proofs += u32::from(event.nullifier == inputs.nullifier.to_be_bytes());
                }
                _ => {}
            }
        }
    }
    assert_eq!((roots, proofs, other.proof_buffers().await), (1, 1, 0));
    let settlement = world.settlement(id).await;
    assert_eq!(settlement.state, "final");
    assert!(
        other.rpc.get_signature_statuses(&[settlement.tx_signature.unwrap().parse().unwrap()]).await.unwrap().value[0]
            .is_some()
    );
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_node_that_denies_what_landed_makes_nothing_happen_twice(pool: PgPool) {
    let world = World::new(&pool).await;
    let proxy = Proxy::start(&world.chain.url).await;
    proxy.fail(|method, params| match method {
        "getSignatureStatuses" => {
            let unknown = vec![json!(null); params[0].as_array().unwrap().len()];
            Fault::Answer(json!({"context": {"slot": 1}, "value": unknown}))
        }
        "getBlockHeight" => Fault::Answer(json!(1_000_000_000)),
        _ => Fault::None,
    });
    let mut maker = ProofMaker::new(vec![Listener::new(1, TRACK)]).unwrap();
    let seq = world.publish(1, maker.root()).await;
    let (proof, inputs) = maker.prove(0, world.registry, World::epoch(), 5).unwrap();
    let id = world.accept(&proof, inputs, seq).await;
    world.drain(&world.relayer_at(&[&proxy.url], Duration::from_secs(10), options())).await;
    assert_eq!(world.settlement(id).await.state, "final");
    let registry = registry_address(world.registry);
    assert_eq!(world.chain.transactions(&registry).await, 3, "the initialization, the root and the proof");
    assert_eq!((world.state().await.sequence, world.chain.proof_buffers().await), (1, 0));
}
