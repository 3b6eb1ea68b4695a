//! Verifications that the chain has the last word about.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;
use veilpass_store::{
    AttemptOutcome, ChainAttempt, ChainBatch, ChainEvent, ChainEventContent, ChainStep, IntentEnd, IntentTask,
    RecordError, VerificationState as S,
};

use crate::{
    events::{PROGRAM, batch, event, published, signature, verified},
    fixture::{Fixture, anchored_fixture, element},
};

const PROOF: [u8; 7232] = [7; 7232];

/// A registry whose first root is on chain.
async fn ready(pool: &PgPool) -> Fixture {
    let f = anchored_fixture(pool).await;
    f.publish(1, 100).await;
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(100, 1, 0))])).await.unwrap();
    sqlx::query("UPDATE chain_outbox SET state = 'final'").execute(pool).await.unwrap();
    f
}

/// The proof of that nullifier, accepted by the chain for another session.
fn stolen(f: &Fixture, number: u64, nullifier: u64) -> ChainEvent {
    let mut content = verified(f, nullifier);
    if let ChainEventContent::OwnershipVerified { context, .. } = &mut content {
        *context = veilpass_protocol::Context::new(element(666));
    }
    event(f, number, content)
}

async fn state(f: &Fixture, id: Uuid) -> S {
    f.store.verification_status(id).await.unwrap().unwrap().state
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_settlement_goes_from_accepted_to_final(pool: PgPool) {
    let f = ready(&pool).await;
    let id = f.store.record_verification_to_settle(&f.verification(7, 100, 1), &PROOF).await.unwrap();
    assert_eq!(state(&f, id).await, S::Accepted);
    let intent = f.store.lease_intent("test", Duration::from_secs(60)).await.unwrap().unwrap();
    assert!(matches!(intent.task, IntentTask::Settle { proof: Some(_), .. }));
    for (step, number, expected) in [(ChainStep::OpenBuffer, 8, S::Uploading), (ChainStep::Verify, 9, S::Verifying)] {
        let attempt = ChainAttempt {
            signature: signature(number),
            step,
            signed: vec![1],
            last_valid_block_height: 1,
            lamports: 1,
        };
        f.store.record_attempt(Some(intent.lease), &attempt, u64::MAX).await.unwrap();
        assert_eq!(state(&f, id).await, expected);
        f.store.end_attempt(&attempt.signature, AttemptOutcome::Landed(number)).await.unwrap();
    }
    // The indexer sees it before the relayer says so.
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 9, verified(&f, 7))])).await.unwrap();
    let status = f.store.verification_status(id).await.unwrap().unwrap();
    assert_eq!((status.state, status.slot, status.on_chain), (S::Verified, Some(9), true));
    assert_eq!(status.tx_signature, Some(signature(9)));
    let finalized = ChainBatch { finalized: vec![signature(9)], ..ChainBatch::default() };
    f.store.apply_chain_batch(PROGRAM, &finalized).await.unwrap();
    assert_eq!(state(&f, id).await, S::Final);
    assert!(f.store.end_intent(intent.lease, IntentEnd::Final).await.unwrap());
    assert_eq!(f.store.verification_counts().await.unwrap(), (1, 1));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn what_the_chain_refuses_may_be_tried_again_unless_the_nullifier_is_spent_there(pool: PgPool) {
    let f = ready(&pool).await;
    for (nullifier, nullifier_spent) in [(7, false), (8, true)] {
        let record = f.verification(nullifier, 100, 1);
        let id = f.store.record_verification_to_settle(&record, &PROOF).await.unwrap();
        let intent = f.store.lease_intent("test", Duration::from_secs(60)).await.unwrap().unwrap();
        let end = IntentEnd::Failed { code: Some(6016), words: "The root was revoked", nullifier_spent };
        assert!(f.store.end_intent(intent.lease, end).await.unwrap());
        let status = f.store.verification_status(id).await.unwrap().unwrap();
        assert_eq!((status.state, status.error_code), (S::Refused, Some(6016)));
        assert_eq!(status.last_error.as_deref(), Some("The root was revoked"));
        let again = f.store.record_verification(&record).await;
        assert_eq!(matches!(again, Err(RecordError::NullifierUsed)), nullifier_spent, "{again:?}");
        assert_eq!(again.is_ok(), !nullifier_spent);
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_chain_overrules_what_was_accepted_here_for_another_session(pool: PgPool) {
    let f = ready(&pool).await;
    let id = f.store.record_verification(&f.verification(7, 100, 1)).await.unwrap();
    let other = f.store.record_verification(&f.verification(8, 100, 1)).await.unwrap();
    assert_eq!(state(&f, id).await, S::Accepted);
    let events = vec![stolen(&f, 5, 7), event(&f, 6, verified(&f, 8))];
    f.store.apply_chain_batch(PROGRAM, &batch(events)).await.unwrap();
    let status = f.store.verification_status(id).await.unwrap().unwrap();
    assert_eq!((status.state, status.slot, status.on_chain), (S::Refused, Some(5), false));
    assert_eq!(status.tx_signature, Some(signature(5)));
    assert!(status.last_error.unwrap().contains("another session"));
    assert_eq!(state(&f, other).await, S::Verified, "the same session settled it itself");
    assert_eq!(f.store.verification_counts().await.unwrap(), (2, 1));
    let again = f.store.record_verification(&f.verification(7, 100, 1)).await;
    assert!(matches!(again, Err(RecordError::NullifierUsed)), "{again:?}");

    let vanished = ChainBatch { vanished: vec![signature(5)], ..ChainBatch::default() };
    f.store.apply_chain_batch(PROGRAM, &vanished).await.unwrap();
    assert_eq!(state(&f, id).await, S::Accepted);
    assert_eq!(f.store.verification_counts().await.unwrap(), (2, 2));
    assert!(f.store.is_nullifier_used(f.statement(7).nullifier).await.unwrap());
}
