use solana_signer::Signer;
use sqlx::PgPool;
use veilpass_chain::{publish_root, registry_address};
use veilpass_protocol::{FieldElement, MerkleRoot};

use crate::world::World;

pub(crate) fn root(value: u64) -> MerkleRoot {
    MerkleRoot::new(FieldElement::from_u64(value))
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn two_relayers_publish_each_root_once_and_in_order(pool: PgPool) {
    let world = World::new(&pool).await;
    for token in 1..=4 {
        world.publish(token, root(100 + token)).await;
    }
    let (one, other) = (world.relayer(), world.relayer());
    tokio::join!(world.drain(&one), world.drain(&other));
    let state = world.state().await;
    assert_eq!(state.sequence, 4);
    for token in 1..=4 {
        assert_eq!(state.roots[token as usize].root, root(100 + token).to_be_bytes());
    }
    assert_eq!(world.chain.transactions(&registry_address(world.registry)).await, 5, "with the initialization");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn killed_at_every_checkpoint_a_root_is_published_once(pool: PgPool) {
    let world = World::new(&pool).await;
    world.publish(1, root(101)).await;
    world.publish(2, root(102)).await;
    let kills = world.drain_with_kills(1).await;
    assert!(kills >= 6, "{kills}");
    assert_eq!(world.state().await.sequence, 2);
    assert_eq!(world.chain.transactions(&registry_address(world.registry)).await, 3, "{kills} kills");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_root_that_is_there_already_is_done_and_another_of_its_number_is_said(pool: PgPool) {
    let world = World::new(&pool).await;
    let operator = world.operator.pubkey();
    world.chain.send(&world.operator, &[publish_root(operator, world.registry, 0, root(101), false)]).await;
    world.chain.send(&world.operator, &[publish_root(operator, world.registry, 1, root(999), false)]).await;
    world.publish(1, root(101)).await;
    world.publish(2, root(102)).await;
    world.drain(&world.relayer()).await;
    let rows: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT state::text, last_error FROM chain_outbox ORDER BY id").fetch_all(&pool).await.unwrap();
    assert_eq!(rows[0], ("final".into(), None));
    assert_eq!(rows[1].0, "failed");
    assert_eq!(rows[1].1.as_deref(), Some("the chain has another root of number 2: audit the registry"));
}
