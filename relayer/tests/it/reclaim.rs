//! Rent of nullifiers whose epoch is over.

use std::{sync::Arc, time::Duration};

use solana_signer::Signer;
use sqlx::PgPool;
use veilpass_relayer::Observer;
use veilpass_svm::{Listener, ProofMaker};

use crate::world::{Killer, TRACK, World};

const DAY: u64 = 86_400;

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_nullifier_is_closed_once_its_epoch_can_never_come_back_whoever_dies_at_it(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut maker = ProofMaker::new(vec![Listener::new(1, TRACK)]).unwrap();
    let seq = world.publish(1, maker.root()).await;
    let epoch = World::epoch();
    let (proof, inputs) = maker.prove(0, world.registry, epoch, 5).unwrap();
    world.accept(&proof, inputs, seq).await;
    let relayer = world.relayer();
    world.drain(&relayer).await;
    assert_eq!(relayer.reclaim_nullifiers().await.unwrap(), 0, "its epoch is now");

    // The last moment of the epoch after it, and the first of the one after that.
    let over = (epoch.0 + 2) * DAY;
    world.chain.travel(over - 60).await;
    assert_eq!(relayer.reclaim_nullifiers().await.unwrap(), 0, "its grace may not be over");
    let before = world.chain.rpc.get_balance(&world.operator.pubkey()).await.unwrap();
    world.chain.travel(over + 1).await;
    let mut kills = 0;
    for until in 1.. {
        let killer = Killer::at(until);
        let relayer = world.relayer().observed_by(Arc::clone(&killer) as Arc<dyn Observer>);
        tokio::select! {
            closed = relayer.reclaim_nullifiers() => {
                closed.unwrap();
                break;
            }
            () = killer.reached() => kills += 1,
        }
        // Only what is older than a lease is taken up.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(kills >= 2, "{kills}");
    assert!(world.receipt(&inputs).await.is_none());
    let after = world.chain.rpc.get_balance(&world.operator.pubkey()).await.unwrap();
    assert!(after > before, "its rent is more than the fee: {before} {after}");
    let steps = "SELECT outcome::text FROM chain_attempts WHERE step = 'close_nullifiers'";
    let outcomes: Vec<Option<String>> = sqlx::query_scalar(steps).fetch_all(&pool).await.unwrap();
    assert_eq!(outcomes, [Some("landed".into())], "{kills} kills");
    assert_eq!(world.relayer().reclaim_nullifiers().await.unwrap(), 0);
}
