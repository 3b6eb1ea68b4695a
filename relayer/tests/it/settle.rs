use std::time::Instant;

use solana_keypair::Keypair;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use sqlx::PgPool;
use uuid::Uuid;
use veilpass_chain::{
    Nullifier, buffer_space, nullifier_address, proof_buffer_address, registry_address, revoke_before,
};
use veilpass_protocol::PublicInputs;
use veilpass_relayer::RelayerOptions;
use veilpass_store::VerificationRecord;
use veilpass_svm::{Listener, ProofMaker};

use crate::world::{TRACK, World, options};

fn maker() -> ProofMaker {
    ProofMaker::new(vec![Listener::new(1, TRACK), Listener::new(2, TRACK)]).unwrap()
}

impl World {
    pub(crate) async fn accept(&self, proof: &[u8], public_inputs: PublicInputs, root_seq: u64) -> Uuid {
        // As the indexer does when it has seen the root.
        sqlx::query("UPDATE roots SET chain_slot = 1").execute(&self.database).await.unwrap();
        let record = VerificationRecord { public_inputs, root_seq };
        self.store.record_verification_to_settle(&record, proof).await.unwrap()
    }

    pub(crate) async fn receipt(&self, inputs: &PublicInputs) -> Option<Nullifier> {
        self.chain.read(&nullifier_address(&registry_address(self.registry), inputs.nullifier)).await
    }

    pub(crate) async fn buffer_seed(&self, verification: Uuid) -> Uuid {
        let seed = "SELECT buffer_seed FROM chain_outbox WHERE verification_id = $1";
        sqlx::query_scalar(seed).bind(verification).fetch_one(&self.database).await.unwrap()
    }

    async fn buffer_exists(&self, verification: Uuid) -> bool {
        let seed = self.buffer_seed(verification).await.simple().to_string();
        let at = proof_buffer_address(&self.operator.pubkey(), &seed);
        self.chain.rpc.get_balance(&at).await.unwrap() > 0
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_proof_is_settled_and_leaves_its_receipt_only(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut maker = maker();
    let seq = world.publish(1, maker.root()).await;
    let relayer = world.relayer();
    world.drain(&relayer).await;
    let before = world.chain.rpc.get_balance(&world.operator.pubkey()).await.unwrap();

    let (proof, inputs) = maker.prove(0, world.registry, World::epoch(), 5).unwrap();
    let id = world.accept(&proof, inputs, seq).await;
    let accepted = world.settlement(id).await;
    assert_eq!((accepted.state.as_str(), accepted.attempts), ("pending", 0));
    let begun = Instant::now();
    while !matches!(world.settlement(id).await.state.as_str(), "confirmed" | "final") {
        relayer.work_once().await.unwrap();
    }
    let settle_ms = begun.elapsed().as_millis();
    let receipt = world.receipt(&inputs).await.expect("a receipt");
    assert_eq!((receipt.context, receipt.root_sequence), (inputs.context.to_be_bytes(), seq));
    assert!(!world.buffer_exists(id).await);
    world.drain(&relayer).await;
    let settlement = world.settlement(id).await;
    assert_eq!((settlement.state.as_str(), settlement.error_code), ("final", None));
    assert!(settlement.tx_signature.is_some());
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM settlement_proofs").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 0, "the proof is not kept longer than it is needed");
    let sent: i64 = sqlx::query_scalar("SELECT count(*) FROM chain_attempts").fetch_one(&pool).await.unwrap();
    let lamports = before - world.chain.rpc.get_balance(&world.operator.pubkey()).await.unwrap();
    println!("settle_ms {settle_ms} transactions {} lamports {lamports}", sent - 1);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn killed_again_and_again_a_proof_is_settled_once(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut maker = maker();
    let seq = world.publish(1, maker.root()).await;
    let (proof, inputs) = maker.prove(0, world.registry, World::epoch(), 5).unwrap();
    let id = world.accept(&proof, inputs, seq).await;
    let kills = world.drain_with_kills(2).await;
    assert!(kills >= 6, "{kills}");
    assert_eq!(world.settlement(id).await.state, "final");
    assert!(world.receipt(&inputs).await.is_some() && !world.buffer_exists(id).await);
    let at = nullifier_address(&registry_address(world.registry), inputs.nullifier);
    assert_eq!(world.chain.transactions(&at).await, 1, "{kills} kills");
    println!("{kills} kills");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_nullifier_that_another_has_burnt_is_refused_and_explained(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut maker = maker();
    let seq = world.publish(1, maker.root()).await;
    let relayer = world.relayer();
    let (proof, inputs) = maker.prove(0, world.registry, World::epoch(), 5).unwrap();
    let first = world.accept(&proof, inputs, seq).await;
    world.drain(&relayer).await;
    assert_eq!(world.settlement(first).await.state, "final");

    // Postgres forgets: only the chain is left to refuse it.
    for statement in [
        "UPDATE chain_attempts SET outbox_id = NULL",
        "DELETE FROM chain_outbox WHERE verification_id IS NOT NULL",
        "DELETE FROM verifications",
        "DELETE FROM nullifiers",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let (proof, again) = maker.prove(0, world.registry, World::epoch(), 6).unwrap();
    assert_eq!(again.nullifier, inputs.nullifier);
    let second = world.accept(&proof, again, seq).await;
    world.drain(&relayer).await;
    let settlement = world.settlement(second).await;
    assert_eq!((settlement.state.as_str(), settlement.error_code), ("failed", Some(6017)));
    assert_eq!(settlement.last_error.as_deref(), Some("The nullifier was used before (NullifierUsed 6017)"));
    assert!(!world.buffer_exists(second).await);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_revoked_root_is_refused_in_words_and_a_full_day_waits(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut maker = maker();
    let seq = world.publish(1, maker.root()).await;
    world.drain(&world.relayer()).await;
    let (proof, inputs) = maker.prove(1, world.registry, World::epoch(), 5).unwrap();
    let id = world.accept(&proof, inputs, seq).await;

    let poor = world.relayer_with(RelayerOptions { daily_limit_lamports: 5_000, ..RelayerOptions::default() });
    assert!(poor.work_once().await.unwrap());
    let waiting = world.settlement(id).await;
    assert_eq!((waiting.state.as_str(), waiting.attempts), ("pending", 0));
    assert!(waiting.last_error.unwrap().contains("daily spending limit"));

    // A root is sent while settlements wait: they leave it a part of the limit.
    let root: i64 =
        sqlx::query_scalar("SELECT sum(lamports)::bigint FROM chain_attempts").fetch_one(&pool).await.unwrap();
    let daily_limit_lamports = (2 * root + root / 20) as u64;
    let nearly_poor = world.relayer_with(RelayerOptions { daily_limit_lamports, ..RelayerOptions::default() });
    world.publish_now(maker.root(), 1).await;
    sqlx::query("UPDATE chain_outbox SET not_before = now() WHERE state = 'pending'").execute(&pool).await.unwrap();
    // The settlement is older: the root goes first all the same, and leaves too little for it.
    for _ in 0..2 {
        assert!(nearly_poor.work_once().await.unwrap());
    }
    let waiting = world.settlement(id).await;
    assert!(waiting.last_error.unwrap().contains("lamports for open_buffer"));
    assert_eq!(world.state().await.sequence, seq + 1);
    let relayer = world.relayer();
    let revoke = revoke_before(world.operator.pubkey(), world.registry, seq + 1);
    world.chain.send(&world.operator, &[revoke]).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    sqlx::query("UPDATE chain_outbox SET not_before = now()").execute(&pool).await.unwrap();
    world.drain(&relayer).await;
    let settlement = world.settlement(id).await;
    assert_eq!((settlement.state.as_str(), settlement.error_code), ("failed", Some(6016)));
    assert!(settlement.last_error.unwrap().starts_with("The root was revoked"));
    assert!(world.receipt(&inputs).await.is_none());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn no_buffer_is_opened_on_a_day_that_has_no_room_for_its_settlement(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut maker = maker();
    let seq = world.publish(1, maker.root()).await;
    world.drain(&world.relayer()).await;
    let (proof, inputs) = maker.prove(0, world.registry, World::epoch(), 5).unwrap();
    let id = world.accept(&proof, inputs, seq).await;
    let spent: i64 =
        sqlx::query_scalar("SELECT sum(lamports)::bigint FROM chain_attempts").fetch_one(&pool).await.unwrap();
    // Settlements may use 19 parts of 20.
    let with_room = |room: u64| {
        let daily_limit_lamports = (spent.unsigned_abs() + room) * 20 / 19 + 1;
        world.relayer_with(RelayerOptions { daily_limit_lamports, ..options() })
    };
    // Enough for all of the upload, and not for the receipt.
    assert!(with_room(1_000_000).work_once().await.unwrap());
    let waiting = world.settlement(id).await;
    assert_eq!((waiting.state.as_str(), waiting.attempts), ("pending", 0), "no buffer is opened");
    assert!(waiting.last_error.unwrap().contains("lamports for open_buffer"));

    sqlx::query("UPDATE chain_outbox SET not_before = now()").execute(&pool).await.unwrap();
    world.drain(&with_room(4_000_000)).await;
    assert_eq!(world.settlement(id).await.state, "final");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn no_buffer_is_opened_that_would_leave_nothing_for_roots(pool: PgPool) {
    let world = World::new(&pool).await;
    let mut maker = maker();
    let seq = world.publish(1, maker.root()).await;
    let relayer = world.relayer();
    world.drain(&relayer).await;
    let (proof, inputs) = maker.prove(0, world.registry, World::epoch(), 5).unwrap();
    let id = world.accept(&proof, inputs, seq).await;
    // Enough to open the buffer and to write it.
    let left = world.chain.rpc.get_minimum_balance_for_rent_exemption(buffer_space()).await.unwrap() + 1_000_000;
    let payer = world.operator.pubkey();
    let balance = async || world.chain.rpc.get_balance(&payer).await.unwrap();
    let gone = transfer(&payer, &Keypair::new().pubkey(), balance().await - left);
    world.chain.send(&world.operator, &[gone]).await;
    while balance().await > left {
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert!(relayer.work_once().await.unwrap());
    let waiting = world.settlement(id).await;
    assert_eq!((waiting.state.as_str(), waiting.attempts), ("pending", 0), "no buffer is opened");
    assert!(waiting.last_error.unwrap().contains("send SOL"));

    world.publish_now(maker.root(), 1).await;
    assert!(relayer.work_once().await.unwrap());
    assert_eq!(world.state().await.sequence, seq + 1, "a root is published");
}
