//! Money that somebody sends to where a proof buffer is to be made.

use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use sqlx::PgPool;
use uuid::Uuid;
use veilpass_chain::proof_buffer_address;
use veilpass_svm::{Listener, ProofMaker};

use crate::world::{TRACK, World};

/// What an account without data must hold: less cannot be sent to a new one.
const LEAST: u64 = 890_880;

impl World {
    async fn disturb(&self, seed: Uuid) {
        let at = proof_buffer_address(&self.operator.pubkey(), &seed.simple().to_string());
        self.chain.send(&self.operator, &[transfer(&self.operator.pubkey(), &at, LEAST)]).await;
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn what_can_be_guessed_disturbs_nothing_and_what_was_seen_only_delays(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut maker = ProofMaker::new(vec![Listener::new(1, TRACK), Listener::new(2, TRACK)]).unwrap();
    let seq = world.publish(1, maker.root()).await;
    world.drain(&world.relayer()).await;

    // Everything about a verification is known to whoever asked for it.
    let (proof, inputs) = maker.prove(0, world.registry, World::epoch(), 5).unwrap();
    let id = world.accept(&proof, inputs, seq).await;
    let seed = world.buffer_seed(id).await;
    assert_ne!(seed, id);
    world.disturb(id).await;
    world.drain(&world.relayer()).await;
    assert_eq!(world.settlement(id).await.state, "final");
    assert_eq!(world.buffer_seed(id).await, seed);

    // Whoever sees the transaction that makes a buffer may come before it.
    let (proof, inputs) = maker.prove(1, world.registry, World::epoch(), 5).unwrap();
    let id = world.accept(&proof, inputs, seq).await;
    let seed = world.buffer_seed(id).await;
    world.disturb(seed).await;
    world.drain_with_kills(2).await;
    assert_eq!(world.settlement(id).await.state, "final");
    assert_ne!(world.buffer_seed(id).await, seed);
    assert!(world.receipt(&inputs).await.is_some());
    assert_eq!(world.chain.proof_buffers().await, 0);
}
