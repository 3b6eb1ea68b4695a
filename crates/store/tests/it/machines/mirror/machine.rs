//! The mirror itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use proptest_state_machine::StateMachineTest;
use veilpass_protocol::Context;
use veilpass_store::{ChainBatch, ChainEvent, ChainEventContent, RecordError, SkippedTransaction};

use super::{
    calls::Step,
    chain::{Landed, Said},
    model::{EventRow, Model},
    reader::Batch,
};
use crate::{
    events::{PROGRAM, event, verified},
    fixture::{Fixture, anchored_fixture, element, root},
    machines::{bench::Bench, signature},
};

pub(crate) struct Mirror {
    bench: Rc<Bench>,
    f: Fixture,
}

fn name(number: u64) -> String {
    signature(usize::try_from(number).unwrap())
}

fn number(name: &str) -> u64 {
    name.replace('z', "0").parse().unwrap()
}

impl Mirror {
    fn content(&self, said: Said) -> ChainEventContent {
        match said {
            Said::Root { number, is_ours, min } => ChainEventContent::MerkleRootUpdated {
                root: root(if is_ours { 1_000 } else { 2_000 } + number),
                sequence: number,
                min_root_sequence: min,
                expires_at: 4_000_000_000,
            },
            Said::Spent { nullifier, session } => {
                let mut content = verified(&self.f, nullifier);
                if let ChainEventContent::OwnershipVerified { context, .. } = &mut content {
                    *context = Context::new(element(session));
                }
                content
            }
        }
    }

    fn events(&self, landed: &Landed, is_final: bool) -> Vec<ChainEvent> {
        let event = |(place, &said)| ChainEvent {
            signature: name(landed.signature),
            event_index: place,
            finalized: is_final,
            event_slot: Some(landed.slot),
            ..event(&self.f, landed.slot, self.content(said))
        };
        (0..).zip(&landed.said).map(event).collect()
    }

    async fn write(&self, batch: &Batch) {
        let mut written = ChainBatch {
            finalized: batch.finalized.iter().copied().map(name).collect(),
            vanished: batch.vanished.iter().copied().map(name).collect(),
            rewind: batch.rewind,
            cursor: batch.cursor.map(|(signature, slot)| (name(signature), slot)),
            indexed_slot: batch.indexed_slot,
            chain_slot: batch.chain_slot,
            ..ChainBatch::default()
        };
        for (landed, is_final) in &batch.read {
            let signature = name(landed.signature);
            match landed.is_readable {
                true => written.events.extend(self.events(landed, *is_final)),
                false => written.skipped.push(SkippedTransaction {
                    signature: signature.clone(),
                    slot: landed.slot,
                    reason: "of a newer version".into(),
                }),
            }
            written.read.push(signature);
        }
        self.f.store.apply_chain_batch(PROGRAM, &written).await.unwrap();
    }

    async fn accept(&self, nullifier: u64, session: u64) -> bool {
        let mut record = self.f.verification(nullifier, 100, 1);
        record.public_inputs.context = Context::new(element(session));
        match self.f.store.record_verification(&record).await {
            Ok(_) => true,
            Err(RecordError::NullifierUsed | RecordError::RootNotFresh) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// The rows are what was written, and the figures theirs.
    async fn check_rows(&self, model: &Model) {
        let (store, rows) = (&self.f.store, &model.rows);
        let found = store.chain_events(PROGRAM, 0, 1_000).await.unwrap();
        let place = |event: &ChainEvent| (number(&event.signature), event.event_index as usize);
        let found: BTreeMap<_, _> = found.into_iter().map(|event| (place(&event), event)).collect();
        let events: BTreeMap<_, _> = rows
            .events
            .iter()
            .map(|(&(signature, place), &EventRow { slot, is_final, said })| {
                let landed = Landed { signature, slot, succeeded: true, is_readable: true, said: vec![said] };
                let event = self.events(&landed, is_final).remove(0);
                ((signature, place), ChainEvent { event_index: place as u32, ..event })
            })
            .collect();
        assert_eq!(found, events, "the rows, and what was written");
        let counts = store.chain_counts(PROGRAM).await.unwrap();
        let finals = rows.events.values().filter(|row| row.is_final).count() as u64;
        let all = rows.events.len() as u64;
        assert_eq!((counts.finalized, counts.confirmed), (finals, all - finals), "each event once");
        assert_eq!(counts.skipped, rows.skipped.len() as u64);
        let progress = store.chain_progress(PROGRAM).await.unwrap().unwrap_or_default();
        assert_eq!(progress.cursor, rows.cursor.map(|(signature, slot)| (name(signature), slot)), "the cursor");
        assert_eq!((progress.indexed_slot, progress.chain_slot), (rows.indexed_slot, rows.chain_slot));
    }

    /// What follows from the rows is as if they had just been read.
    async fn check_consequences(&self, model: &Model) {
        let pool = &self.bench.pool;
        let min_root: i64 = sqlx::query_scalar("SELECT min_root_seq FROM registries").fetch_one(pool).await.unwrap();
        assert_eq!(min_root.unsigned_abs(), model.rows.min_root, "the first root that counts");
        let roots: Vec<(i64, Option<i64>)> =
            sqlx::query_as("SELECT seq, chain_slot FROM roots WHERE seq > 1 ORDER BY seq")
                .fetch_all(pool)
                .await
                .unwrap();
        assert!(roots.iter().map(|(root, _)| root.unsigned_abs()).eq(model.roots.iter().copied()), "{roots:?}");
        for (root, slot) in roots {
            let slots = model.slots_of_root(root.unsigned_abs());
            let is_right = slot.map_or(slots.is_empty(), |slot| slots.contains(&slot.unsigned_abs()));
            assert!(is_right, "root {root} is on chain at {slot:?}, but it is at {slots:?}");
        }
        let spent: Vec<(i32, Option<String>, Option<String>, bool)> = sqlx::query_as(
            "SELECT get_byte(n.hash, 31), n.tx_signature, v.overruled_by::text, v.id IS NOT NULL
             FROM nullifiers n LEFT JOIN verifications v ON v.nullifier = n.hash",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        let mut unspent: BTreeSet<u64> = (0..10).collect();
        for (nullifier, signature, overruled_by, is_accepted) in spent {
            let nullifier = u64::from(nullifier.unsigned_abs());
            unspent.remove(&nullifier);
            let accepted = model.accepted.iter().find(|accepted| accepted.nullifier == nullifier);
            assert_eq!(is_accepted, accepted.is_some());
            let (all, others) = model.spent_by(nullifier, accepted.map_or(0, |accepted| accepted.session));
            let is_one_of = |signature: &Option<String>, of: &BTreeSet<u64>| match signature {
                Some(signature) => of.contains(&number(signature)),
                None => of.is_empty(),
            };
            assert!(is_accepted || signature.is_some(), "nobody spent {nullifier}");
            assert!(is_one_of(&signature, &all), "{nullifier} was spent by {signature:?}, but it was by {all:?}");
            let is_overruled = is_one_of(&overruled_by, &others);
            assert!(
                !is_accepted || is_overruled,
                "{nullifier} was overruled by {overruled_by:?}, but it was by {others:?}"
            );
        }
        for nullifier in unspent {
            let is_accepted = model.accepted.iter().any(|accepted| accepted.nullifier == nullifier);
            let spent_by = model.spent_by(nullifier, 0).0;
            assert!(!is_accepted && spent_by.is_empty(), "{nullifier} is not spent, but it was by {spent_by:?}");
        }
    }
}

/// Whatever was written when, what is said to be final and to be read is.
fn check_truth(model: &Model) {
    let (chain, rows) = (&model.chain, &model.rows);
    for (&(signature, place), row) in rows.events.iter().filter(|(_, row)| row.is_final) {
        let landed = chain.find(signature).filter(|landed| landed.succeeded && chain.is_final(landed));
        let is_true = landed.is_some_and(|landed| landed.slot == row.slot && landed.said[place] == row.said);
        assert!(is_true, "{row:?} of {signature} is not what is final: {landed:?}");
    }
    if let Some((signature, slot)) = rows.cursor {
        let at = chain.find(signature);
        assert!(at.is_some_and(|at| at.slot == slot && chain.is_final(at)), "the cursor is on a fork: {at:?}");
        for landed in chain.landed.iter().filter(|l| l.slot <= slot && l.succeeded && l.is_readable) {
            let is_there = |place| rows.events.contains_key(&(landed.signature, place));
            assert!((0..landed.said.len()).all(is_there), "the cursor passed {landed:?}, which is not there");
        }
    }
    if model.is_settled {
        let replayed = model.replayed();
        assert_eq!(rows.events, replayed.events, "what a new database would have");
        assert_eq!((rows.cursor, rows.indexed_slot), (replayed.cursor, replayed.indexed_slot));
        assert!(rows.skipped.is_superset(&replayed.skipped), "{:?}", rows.skipped);
    }
}

impl StateMachineTest for Mirror {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        let bench = Bench::cleared();
        let f = bench.wait(async {
            let f = anchored_fixture(&bench.pool).await;
            f.publish(1, 100).await;
            // On the chain from before it was looked at.
            sqlx::raw_sql("UPDATE roots SET chain_slot = 0").execute(&bench.pool).await.unwrap();
            f
        });
        Self { bench, f }
    }

    fn apply(mirror: Self, model: &Model, step: Step) -> Self {
        mirror.bench.wait(async {
            match step {
                Step::Publish => {
                    let number = model.roots.last().unwrap();
                    let published = mirror.f.store.publish_root(mirror.f.registry, root(1_000 + number), 1, 1).await;
                    assert_eq!(published.unwrap().seq, *number, "the root's number");
                }
                Step::Accept { nullifier, session } => {
                    assert_eq!(mirror.accept(nullifier, session).await, model.accepts, "whether it is accepted");
                }
                _ => {
                    for batch in &model.writes {
                        mirror.write(batch).await;
                    }
                }
            }
        });
        mirror
    }

    fn check_invariants(mirror: &Self, model: &Model) {
        mirror.bench.wait(async {
            mirror.check_rows(model).await;
            mirror.check_consequences(model).await;
        });
        if !model.is_mixed {
            check_truth(model);
        }
    }
}
