//! Events of the chain as rows.

use sqlx::PgPool;
use veilpass_protocol::RegistryId;
use veilpass_store::{ChainBatch, ChainEvent, ChainEventContent, RecordError, Store};

use crate::{
    events::{PROGRAM, batch, event, signature, verified},
    fixture::{element, fixture, root},
};

async fn all(store: &Store) -> Vec<ChainEvent> {
    store.chain_events(PROGRAM, 0, 1000).await.unwrap()
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn every_kind_comes_back_as_it_went_in_whatever_its_numbers(pool: PgPool) {
    let f = fixture(&pool).await;
    let contents = [
        ChainEventContent::RegistryInitialized {
            authority: PROGRAM.into(),
            publisher: PROGRAM.into(),
            epoch_length_seconds: u64::MAX,
            epoch_grace_seconds: u64::MAX - 1,
            root_lifetime_seconds: 1,
        },
        ChainEventContent::MerkleRootUpdated {
            root: root(9),
            sequence: u64::MAX,
            min_root_sequence: 0,
            expires_at: i64::MIN,
        },
        ChainEventContent::RootsRevoked { min_root_sequence: u64::MAX },
        verified(&f, 7),
    ];
    let mut events: Vec<_> = (1..).zip(contents).map(|(number, content)| event(&f, number, content)).collect();
    events[2].block_time = None;
    let written = batch(events.clone());
    for _ in 0..3 {
        f.store.apply_chain_batch(PROGRAM, &written).await.unwrap();
        assert_eq!(all(&f.store).await, events);
    }
    assert_eq!(f.store.chain_events(PROGRAM, 3, 1).await.unwrap(), events[2..3]);
    let finalized = ChainBatch { finalized: written.read.clone(), ..ChainBatch::default() };
    assert_eq!(f.store.apply_chain_batch(PROGRAM, &finalized).await.unwrap().finalized, 4);
    assert_eq!(f.store.apply_chain_batch(PROGRAM, &finalized).await.unwrap().finalized, 0);
    // What is final is not taken back, and not made less than final.
    let vanished = ChainBatch { vanished: written.read.clone(), ..ChainBatch::default() };
    assert_eq!(f.store.apply_chain_batch(PROGRAM, &vanished).await.unwrap().vanished, 0);
    f.store.apply_chain_batch(PROGRAM, &written).await.unwrap();
    let counts = f.store.chain_counts(PROGRAM).await.unwrap();
    assert_eq!((counts.finalized, counts.confirmed, counts.skipped), (4, 0, 0));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_nullifier_of_the_chain_is_spent_here_until_its_fork_dies(pool: PgPool) {
    let f = fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    // 7 on chain only, 8 here first; 9 for a registry that is not known here.
    f.store.record_verification(&f.verification(8, 100, seq)).await.unwrap();
    let mut events = vec![event(&f, 1, verified(&f, 7)), event(&f, 2, verified(&f, 8)), event(&f, 3, verified(&f, 9))];
    events[2].registry_id = RegistryId::new(element(999));
    // Two in one transaction.
    events[1].signature = events[0].signature.clone();
    events[1].event_index = 1;
    events[1].slot = 1;
    let written = ChainBatch { read: vec![signature(1), signature(3)], ..batch(events) };
    f.store.apply_chain_batch(PROGRAM, &written).await.unwrap();
    let refused = f.store.record_verification(&f.verification(7, 100, seq)).await;
    assert!(matches!(refused, Err(RecordError::NullifierUsed)), "{refused:?}");
    assert_eq!(f.store.verification_counts().await.unwrap(), (2, 1));

    let vanished = ChainBatch { vanished: vec![signature(1), signature(3)], ..ChainBatch::default() };
    let changes = f.store.apply_chain_batch(PROGRAM, &vanished).await.unwrap();
    assert_eq!(changes.vanished, 3);
    assert!(all(&f.store).await.is_empty());
    assert_eq!(f.store.verification_counts().await.unwrap(), (1, 1), "what was spent here stays spent");
    f.store.record_verification(&f.verification(7, 100, seq)).await.unwrap();
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_track_that_is_known_later_gets_its_nullifiers(pool: PgPool) {
    let f = fixture(&pool).await;
    let mut late = event(&f, 1, verified(&f, 7));
    let track = veilpass_protocol::TrackId::from_slug("later");
    if let ChainEventContent::OwnershipVerified { track_id, .. } = &mut late.content {
        *track_id = track;
    }
    f.store.apply_chain_batch(PROGRAM, &batch(vec![late])).await.unwrap();
    assert!(!f.store.is_nullifier_used(f.statement(7).nullifier).await.unwrap());
    assert_eq!(f.store.create_track(f.registry, "later").await.unwrap(), track);
    assert_eq!(f.store.mirror_chain(PROGRAM).await.unwrap(), 1);
    assert!(f.store.is_nullifier_used(f.statement(7).nullifier).await.unwrap());
    assert_eq!(f.store.mirror_chain(PROGRAM).await.unwrap(), 0);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_cursor_goes_forward_unless_it_is_rewound(pool: PgPool) {
    let store = Store::from_pool(pool);
    assert_eq!(store.chain_progress(PROGRAM).await.unwrap(), None);
    let to = |number: u64, rewind| ChainBatch {
        cursor: Some((signature(number), number)),
        indexed_slot: number,
        chain_slot: Some(number + 2),
        rewind,
        ..ChainBatch::default()
    };
    for (number, rewind, expected) in [(5, false, 5), (3, false, 5), (6, false, 6), (2, true, 2), (4, false, 4)] {
        store.apply_chain_batch(PROGRAM, &to(number, rewind)).await.unwrap();
        let progress = store.chain_progress(PROGRAM).await.unwrap().unwrap();
        assert_eq!(progress.cursor, Some((signature(expected), expected)));
        assert_eq!((progress.indexed_slot, progress.slot_lag()), (expected, 2));
    }
    let nothing = ChainBatch { rewind: true, ..ChainBatch::default() };
    store.apply_chain_batch(PROGRAM, &nothing).await.unwrap();
    assert_eq!(store.chain_progress(PROGRAM).await.unwrap().unwrap().cursor, None);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn only_the_end_of_a_look_at_a_chain_that_went_on_is_news(pool: PgPool) {
    const LONG_AGO: u64 = 3_600;
    let store = Store::from_pool(pool.clone());
    for (number, (chain_slot, rewind, is_news)) in [
        // The first parts of a look that has many, or none of whose transactions is told.
        (None, false, false),
        (None, false, false),
        (Some(5), false, true),
        // A node that stands still, or is behind another.
        (Some(5), false, false),
        (Some(4), false, false),
        (None, false, false),
        (Some(6), false, true),
        // Another chain, from its beginning.
        (None, true, false),
        (Some(2), false, true),
    ]
    .into_iter()
    .enumerate()
    {
        sqlx::query("UPDATE chain_cursors SET updated_at = now() - make_interval(secs => $1)")
            .bind(LONG_AGO as f64)
            .execute(&pool)
            .await
            .unwrap();
        let batch = ChainBatch { indexed_slot: 3, chain_slot, rewind, ..ChainBatch::default() };
        store.apply_chain_batch(PROGRAM, &batch).await.unwrap();
        let progress = store.chain_progress(PROGRAM).await.unwrap().unwrap();
        assert_eq!(progress.age_seconds < LONG_AGO, is_news, "batch {number}: {progress:?}");
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn rows_that_no_event_gives_are_impossible(pool: PgPool) {
    let f = fixture(&pool).await;
    let events =
        vec![event(&f, 1, verified(&f, 7)), event(&f, 2, ChainEventContent::RootsRevoked { min_root_sequence: 1 })];
    f.store.apply_chain_batch(PROGRAM, &batch(events)).await.unwrap();
    for statement in [
        "UPDATE chain_events SET nullifier = NULL",
        "UPDATE chain_events SET kind = 'merkle_root_updated'",
        "UPDATE chain_events SET root_sequence = 1 WHERE slot = 2",
        "UPDATE chain_events SET signature = 'no'",
        "UPDATE chain_events SET event_index = -1",
        "UPDATE chain_events SET epoch = 18446744073709551616 WHERE slot = 1",
        "UPDATE chain_cursors SET slot = 1",
    ] {
        let error = sqlx::query(statement).execute(&pool).await.unwrap_err();
        let code = error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned();
        assert!(code.starts_with("23"), "{statement}: {error}");
    }
}
