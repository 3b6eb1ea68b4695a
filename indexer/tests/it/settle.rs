//! What the program says becomes rows, word for word; what failed does not.

use std::time::SystemTime;

use solana_signer::Signer;
use sqlx::PgPool;
use veilpass_chain::{
    Format, PROGRAM_ID, UPLOAD_COMPUTE_UNITS, UploadPlan, buffer_space, publish_root, registry_address, revoke_before,
    verify_ownership,
};
use veilpass_protocol::{Epoch, EpochPolicy};
use veilpass_store::{ChainEventContent as C, NewRegistry, Store};
use veilpass_svm::{EPOCH_GRACE_SECONDS, EPOCH_LENGTH_SECONDS, Listener, ProofMaker, ROOT_LIFETIME_SECONDS};

use crate::chain::{Chain, rows};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn events_become_rows_and_a_settled_nullifier_is_spent_here_too(pool: PgPool) {
    let chain = Chain::start().await;
    let store = Store::from_pool(pool.clone());
    let registry = NewRegistry {
        id: chain.registry,
        slug: "main".into(),
        program_id: PROGRAM_ID.to_string(),
        cluster: "localnet".into(),
        epochs: EpochPolicy { length_seconds: EPOCH_LENGTH_SECONDS, grace_seconds: EPOCH_GRACE_SECONDS },
        root_lifetime_seconds: ROOT_LIFETIME_SECONDS,
        anchored: true,
    };
    store.create_registry(&registry).await.unwrap();
    let track = store.create_track(chain.registry, "first-light").await.unwrap();

    let (first, root) = chain.publish(0).await;
    let mut maker = ProofMaker::new(vec![Listener::new(1, "first-light"), Listener::new(2, "first-light")]).unwrap();
    let owner = chain.key.pubkey();
    let second = chain.send(&[publish_root(owner, chain.registry, 1, maker.root(), false)]).await;
    let stale = chain.publish(0).await.0;
    assert!(!chain.landed(&stale).await, "a root after one that is not the newest fails, on the ledger");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let epoch = Epoch(now / EPOCH_LENGTH_SECONDS);
    let submission = maker.submission(0, chain.registry, epoch, 6).unwrap();
    let inputs = submission.public_inputs;
    let rent = chain.rpc.get_minimum_balance_for_rent_exemption(buffer_space()).await.unwrap();
    let mut settled = vec![];
    for seed in ["one", "two"] {
        let plan = UploadPlan::new(Format::Legacy, &owner, seed, &submission, rent);
        for instructions in &plan.transactions {
            let written = chain.send_within(UPLOAD_COMPUTE_UNITS, instructions).await;
            assert!(chain.landed(&written).await);
        }
        settled.push(chain.send(&[verify_ownership(owner, plan.buffer, &inputs, 2)]).await);
    }
    assert!(chain.landed(&settled[0]).await, "the proof settles");
    assert!(!chain.landed(&settled[1]).await, "and does not again");
    let revoked = chain.send(&[revoke_before(owner, chain.registry, 2)]).await;
    assert!(chain.landed(&revoked).await);

    chain.finalize().await;
    let mut follower = chain.follower(&pool);
    let polled = follower.poll().await.unwrap();
    assert_eq!((polled.events, polled.skipped, polled.vanished), (5, 0, 0), "{polled:?}");
    let events = rows(&pool).await;
    assert!(events.iter().all(|event| {
        event.finalized
            && event.event_index == 0
            && event.registry_id == chain.registry
            && event.registry_address == registry_address(chain.registry).to_string()
            && event.block_time.is_some_and(|time| time.unsigned_abs().abs_diff(now) < 600)
    }));
    let said = |signature: &solana_signature::Signature| {
        let of: Vec<_> = events.iter().filter(|event| event.signature == signature.to_string()).collect();
        assert_eq!(of.len(), 1);
        assert_eq!(of[0].event_slot, Some(of[0].slot));
        of[0].content.clone()
    };
    assert!(
        matches!(said(&first), C::MerkleRootUpdated { root: r, sequence: 1, min_root_sequence: 0..=1, .. } if r == root)
    );
    assert!(
        matches!(said(&second), C::MerkleRootUpdated { root, sequence: 2, min_root_sequence: 0..=1, .. } if root == maker.root())
    );
    assert_eq!(said(&revoked), C::RootsRevoked { min_root_sequence: 2 });
    let nullifier = inputs.nullifier;
    let verified =
        C::OwnershipVerified { track_id: track, epoch, nullifier, context: inputs.context, root_sequence: 2 };
    assert_eq!(said(&settled[0]), verified);
    assert!(matches!(&events.iter().min_by_key(|event| event.slot).unwrap().content,
        C::RegistryInitialized { authority, epoch_length_seconds: EPOCH_LENGTH_SECONDS, .. } if *authority == owner.to_string()));

    assert!(store.is_nullifier_used(nullifier).await.unwrap(), "what was settled on chain cannot be settled here");
    let spent: String = sqlx::query_scalar("SELECT tx_signature FROM nullifiers").fetch_one(&pool).await.unwrap();
    assert_eq!(spent, settled[0].to_string());

    let again = follower.poll().await.unwrap();
    assert!(!again.changed(), "{again:?}");
    assert_eq!(rows(&pool).await, events);
    let counts = store.chain_counts(&PROGRAM_ID.to_string()).await.unwrap();
    assert_eq!((counts.finalized, counts.confirmed, counts.skipped), (5, 0, 0));
}
