//! The real binary, killed at random moments.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};
use solana_signer::Signer;
use sqlx::PgPool;
use veilpass_chain::{Event, registry_address};
use veilpass_svm::{Listener, ProofMaker};

use crate::{
    publish::root,
    world::{TRACK, World},
};

/// The longest life, in milliseconds: what the one before held is free after a second.
const LONGEST_LIFE: u64 = 2_000;
/// Roots that wait for a relayer at least.
const WAITING: u64 = 16;

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn killed_a_few_times_nothing_is_lost_or_repeated(pool: PgPool) {
    storm(&pool, 8, 2).await;
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
#[ignore = "long: ./veilpass test --long"]
async fn killed_a_hundred_times_nothing_is_lost_or_repeated(pool: PgPool) {
    storm(&pool, 100, 12).await;
}

/// Gives relayers work, kills them at it, lets the last one finish, and compares the chain with the database.
async fn storm(pool: &PgPool, kills: u64, settlements: u8) {
    let seed = std::env::var("VEILPASS_KILL_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("VEILPASS_KILL_SEED={seed}");
    let mut random = ChaCha20Rng::seed_from_u64(seed);
    let world = World::new(pool).await;
    let key = world.key_file();
    let mut maker = ProofMaker::new((1..=settlements).map(|number| Listener::new(number, TRACK)).collect()).unwrap();
    let initial = world.chain.signatures(&world.operator.pubkey()).await;
    let before = world.chain.rpc.get_balance(&world.operator.pubkey()).await.unwrap();
    let arguments = ["--lease-seconds", "1", "--reclaim-seconds", "0"];

    let (mut roots, mut nullifiers, mut busy) = (vec![], vec![], 0);
    for kill in 0..kills {
        while world.store.open_intents().await.unwrap() < WAITING {
            let next = root(10_000 + roots.len() as u64);
            world.publish(roots.len() as u64 + 1, next).await;
            roots.push(next.to_be_bytes());
        }
        let settled = nullifiers.len() as u64;
        if settled * kills <= kill * u64::from(settlements) && settled < u64::from(settlements) {
            let leaves = roots.len() as u64;
            let seq = world.publish_now(maker.root(), leaves).await;
            roots.push(maker.root().to_be_bytes());
            let (proof, inputs) = maker.prove(nullifiers.len(), world.registry, World::epoch(), 5).unwrap();
            world.accept(&proof, inputs, seq).await;
            nullifiers.push(inputs.nullifier.to_be_bytes());
        }
        let mut relayer = world.spawn(pool, &key, &arguments, Stdio::null());
        let life = random.next_u64() % LONGEST_LIFE;
        if kill % 2 == 0 {
            tokio::time::sleep(Duration::from_millis(life)).await;
        } else {
            // While a transaction is under way, which takes a slot or two.
            for look in 0.. {
                if is_at_work(pool).await {
                    break;
                }
                if look == 10_000 {
                    world.explain().await;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            tokio::time::sleep(Duration::from_millis(life % 128)).await;
        }
        assert_eq!(relayer.0.try_wait().unwrap(), None, "it lives until it is killed");
        drop(relayer);
        busy += u64::from(is_at_work(pool).await);
    }
    assert!(busy > kills / 10, "only {busy} of {kills} were killed with a transaction under way");
    let relayer = world.spawn(pool, &key, &arguments, Stdio::null());
    world.until_drained().await;
    assert!(relayer.terminate().await.success());
    println!("{kills} kills, {busy} of them with a transaction under way, {} roots, {settlements} proofs", roots.len());

    let is_open = "SELECT count(*) FROM chain_outbox WHERE state <> 'final' OR lease_id IS NOT NULL";
    assert_eq!(sqlx::query_scalar::<_, i64>(is_open).fetch_one(pool).await.unwrap(), 0);
    assert_eq!(world.chain.proof_buffers().await, 0);
    events_happened_once(&world, &roots, &nullifiers).await;
    attempts_are_what_the_chain_says(&world, &initial).await;
    let recorded: i64 =
        sqlx::query_scalar("SELECT sum(lamports)::bigint FROM chain_attempts WHERE outcome <> 'expired'")
            .fetch_one(pool)
            .await
            .unwrap();
    let spent = before - world.chain.rpc.get_balance(&world.operator.pubkey()).await.unwrap();
    assert!(spent <= recorded.unsigned_abs(), "{spent} spent, {recorded} recorded");
}

/// Whether a transaction was recorded whose end nobody saw.
async fn is_at_work(pool: &PgPool) -> bool {
    let open = "SELECT EXISTS (SELECT 1 FROM chain_attempts WHERE outcome IS NULL)";
    sqlx::query_scalar(open).fetch_one(pool).await.unwrap()
}

async fn events_happened_once(world: &World, roots: &[[u8; 32]], nullifiers: &[[u8; 32]]) {
    let mut published: BTreeMap<u64, Vec<[u8; 32]>> = BTreeMap::new();
    let mut verified = vec![];
    for signature in world.chain.signatures(&registry_address(world.registry)).await {
        for event in world.chain.events(&signature).await {
            match event {
                Event::MerkleRootUpdated(event) => published.entry(event.sequence).or_default().push(event.root),
                Event::OwnershipVerified(event) => verified.push(event.nullifier),
                _ => {}
            }
        }
    }
    assert_eq!(published, (1..).zip(roots).map(|(sequence, root)| (sequence, vec![*root])).collect());
    let mut expected = nullifiers.to_vec();
    expected.sort_unstable();
    verified.sort_unstable();
    assert_eq!(verified, expected);
}

/// Nothing of ours is on the chain that was not recorded, each record says what became of it, and each intent has one
/// transaction that did it.
async fn attempts_are_what_the_chain_says(world: &World, initial: &[String]) {
    let rows: Vec<(String, Option<String>)> = sqlx::query_as("SELECT tx_signature, outcome::text FROM chain_attempts")
        .fetch_all(&world.database)
        .await
        .unwrap();
    for some in rows.chunks(200) {
        let signatures: Vec<_> = some.iter().map(|(signature, _)| signature.parse().unwrap()).collect();
        let found = world.chain.rpc.get_signature_statuses_with_history(&signatures).await.unwrap().value;
        for ((signature, recorded), found) in some.iter().zip(found) {
            let outcome = found.map_or("expired", |status| if status.err.is_none() { "landed" } else { "refused" });
            assert_eq!(recorded.as_deref(), Some(outcome), "{signature}");
        }
    }
    let mut recorded: Vec<_> = rows.iter().filter(|(_, outcome)| outcome.as_deref() == Some("landed")).collect();
    recorded.sort_unstable();
    let mut landed = world.chain.signatures(&world.operator.pubkey()).await;
    landed.retain(|signature| !initial.contains(signature));
    landed.sort_unstable();
    assert_eq!(landed, recorded.into_iter().map(|(signature, _)| signature.clone()).collect::<Vec<_>>());
    let not_once: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM chain_outbox o WHERE 1 <> (
             SELECT count(*) FROM chain_attempts a
             WHERE a.outbox_id = o.id AND a.step IN ('publish_root', 'verify') AND a.outcome = 'landed'
               AND a.tx_signature = o.tx_signature)",
    )
    .fetch_one(&world.database)
    .await
    .unwrap();
    assert_eq!(not_once, 0);
}
