//! Enrolments by listeners, from the first to the last row.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;
use veilpass_protocol::{Leaf, Pepper, SEALED_OWNERSHIP_BYTES, TokenId, WalletHash};
use veilpass_store::{EnrolOwnerError, EnrolmentEnd, EnrolmentState, HeldToken, NewOwnedEnrolment, OwnedEnrolment};

use crate::{
    events::{PROGRAM, batch, event, published},
    fixture::{Fixture, anchored_fixture, element, fixture, root},
};

const HOUR: Duration = Duration::from_secs(3600);

impl Fixture {
    fn owned(&self, wallet: u8, leaf: u64, slot: u64) -> NewOwnedEnrolment {
        NewOwnedEnrolment {
            held: HeldToken { registry: self.registry, token: TokenId::new(element(7)), track: self.track },
            id: Uuid::new_v4(),
            wallet_hash: WalletHash::new(&Pepper::new([1; 32]), &[wallet; 32]),
            leaf: Leaf::new(element(leaf)),
            ownership_record: [wallet; SEALED_OWNERSHIP_BYTES],
            slot,
        }
    }

    /// Enrols where an enrolment of the same wallet must be so old to be replaced.
    async fn try_enrol_owned(
        &self,
        new: &NewOwnedEnrolment,
        replaceable_after: Duration,
    ) -> Result<OwnedEnrolment, EnrolOwnerError> {
        let seen = self.store.active_enrolment(new.held).await.unwrap().map(|active| active.leaf_index);
        self.store.enrol_owner(new, seen, replaceable_after).await
    }

    /// Enrols where there is no such limit.
    async fn enrol_owned(&self, new: &NewOwnedEnrolment) -> OwnedEnrolment {
        self.try_enrol_owned(new, Duration::ZERO).await.unwrap()
    }

    /// How many places the tree has, and how many changes it saw.
    async fn size(&self) -> (u64, u64) {
        let registry = self.store.registry(self.registry).await.unwrap().unwrap();
        (registry.leaf_count, registry.change_seq)
    }

    async fn state(&self, id: Uuid) -> EnrolmentState {
        self.store.enrolment_status(id).await.unwrap().unwrap().state
    }

    /// Publishes a root of everything so far.
    async fn publish_all(&self, value: u64) -> u64 {
        let registry = self.store.registry(self.registry).await.unwrap().unwrap();
        let published = self.store.publish_root(self.registry, root(value), registry.change_seq, registry.leaf_count);
        published.await.unwrap().seq
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn one_enrolment_of_a_token_counts_at_a_time(pool: PgPool) {
    let f = fixture(&pool).await;
    let first = f.owned(1, 100, 50);
    let made = f.enrol_owned(&first).await;
    assert_eq!(made, OwnedEnrolment { id: first.id, is_new: true, ended: None });
    let again = f.enrol_owned(&f.owned(1, 100, 60)).await;
    assert_eq!(again, OwnedEnrolment { id: first.id, is_new: false, ended: None });
    let active = f.store.active_enrolment(first.held).await.unwrap().unwrap();
    assert_eq!((active.leaf_index, active.slot, active.record.unwrap().0), (0, Some(60), first.id));

    let replaced = f.enrol_owned(&f.owned(1, 101, 60)).await;
    assert_eq!((replaced.is_new, replaced.ended), (true, Some(EnrolmentEnd::Replaced)));
    assert_eq!(f.state(first.id).await, EnrolmentState::Revoked(EnrolmentEnd::Replaced));
    let sold = f.enrol_owned(&f.owned(2, 102, 61)).await;
    assert_eq!(sold.ended, Some(EnrolmentEnd::Sold));
    assert_eq!(f.state(replaced.id).await, EnrolmentState::Revoked(EnrolmentEnd::Sold));
    // The log has each leaf, and each ended one emptied.
    let changes = f.store.leaf_changes(f.registry, 0, 100, 100).await.unwrap();
    let seen: Vec<_> = changes.iter().map(|change| (change.seq, change.leaf_index, change.leaf)).collect();
    let leaf = |value| Leaf::new(element(value));
    let expected = [(1, 0, leaf(100)), (2, 0, Leaf::EMPTY), (3, 1, leaf(101)), (4, 1, Leaf::EMPTY), (5, 2, leaf(102))];
    assert_eq!(seen, expected);
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM enrollments WHERE ownership_record IS NOT NULL")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 1, "of what has ended no record stays");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn what_was_read_before_is_not_written_after(pool: PgPool) {
    let f = fixture(&pool).await;
    f.enrol_owned(&f.owned(1, 100, 50)).await;
    let stale = f.owned(2, 101, 70);
    let refused = f.store.enrol_owner(&stale, None, Duration::ZERO).await;
    assert!(matches!(refused, Err(EnrolOwnerError::Changed)), "{refused:?}");
    let refused = f.store.enrol_owner(&f.owned(2, 101, 49), Some(0), Duration::ZERO).await;
    assert!(matches!(refused, Err(EnrolOwnerError::Outdated)), "{refused:?}");
    assert_eq!(f.size().await, (1, 1));
}

/// Lets an hour pass for the enrolments that there are.
async fn pass_an_hour(pool: &PgPool) {
    let earlier = "UPDATE merkle_leaves SET enrolled_at = enrolled_at - interval '1 h'";
    sqlx::query(earlier).execute(pool).await.unwrap();
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_wallet_replaces_only_an_enrolment_that_is_old_enough(pool: PgPool) {
    let f = fixture(&pool).await;
    let limit = HOUR * 10;
    let first = f.owned(1, 100, 50);
    f.try_enrol_owned(&first, limit).await.unwrap();
    pass_an_hour(&pool).await;
    let refused = f.try_enrol_owned(&f.owned(1, 101, 60), limit).await;
    let Err(EnrolOwnerError::ReplacedLately { left }) = refused else { panic!("{refused:?}") };
    assert!(left > HOUR * 8 && left <= HOUR * 9, "{left:?}");
    assert_eq!(f.size().await, (1, 1), "nothing has changed");
    let again = f.try_enrol_owned(&f.owned(1, 100, 60), limit).await.unwrap();
    assert_eq!((again.id, again.is_new), (first.id, false), "the same enrolment is no replacement");

    let replaced = f.try_enrol_owned(&f.owned(1, 101, 60), HOUR).await.unwrap();
    assert_eq!(replaced.ended, Some(EnrolmentEnd::Replaced), "it is an hour old");
    let refused = f.try_enrol_owned(&f.owned(1, 102, 60), HOUR).await;
    assert!(matches!(refused, Err(EnrolOwnerError::ReplacedLately { .. })), "the new one is not: {refused:?}");
    let replaced = f.try_enrol_owned(&f.owned(1, 102, 60), Duration::ZERO).await.unwrap();
    assert_eq!(replaced.ended, Some(EnrolmentEnd::Replaced), "without a limit");
    let sold = f.try_enrol_owned(&f.owned(2, 103, 61), limit).await.unwrap();
    assert_eq!(sold.ended, Some(EnrolmentEnd::Sold), "whoever bought the token does not wait");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn of_replacements_that_come_at_once_one_is_made(pool: PgPool) {
    let f = fixture(&pool).await;
    f.enrol_owned(&f.owned(1, 100, 50)).await;
    pass_an_hour(&pool).await;
    let tasks: Vec<_> = (101..109)
        .map(|leaf| {
            let (store, new) = (f.store.clone(), f.owned(1, leaf, 60));
            // Whoever looks late sees the replacement; who looked early, what it replaced.
            tokio::spawn(async move {
                let seen = store.active_enrolment(new.held).await.unwrap().map(|active| active.leaf_index);
                store.enrol_owner(&new, seen, HOUR).await
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            Err(EnrolOwnerError::Changed | EnrolOwnerError::ReplacedLately { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(f.size().await, (2, 3), "two places, and one of them emptied");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn requests_for_one_enrolment_agree_in_whatever_order_they_end(pool: PgPool) {
    let f = fixture(&pool).await;
    let first = f.owned(1, 100, 50);
    f.enrol_owned(&first).await;
    // One looked before there was the enrolment, one asked the chain earlier.
    for (slot, seen) in [(60, None), (40, Some(0)), (45, None)] {
        let again = f.store.enrol_owner(&f.owned(1, 100, slot), seen, Duration::ZERO).await.unwrap();
        assert_eq!(again, OwnedEnrolment { id: first.id, is_new: false, ended: None }, "{slot}");
    }
    assert_eq!(f.store.active_enrolment(first.held).await.unwrap().unwrap().slot, Some(60), "it never goes back");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn an_enrolment_waits_for_its_root_and_its_root_for_the_chain(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    f.publish(1, 90).await;
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(90, 1, 0))])).await.unwrap();
    let id = f.enrol_owned(&f.owned(1, 100, 50)).await.id;
    assert_eq!(f.state(id).await, EnrolmentState::PendingRoot);
    let seq = f.publish_all(91).await;
    assert_eq!(f.state(id).await, EnrolmentState::PendingChain);
    f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 2, published(91, seq, 0))])).await.unwrap();
    assert_eq!(f.state(id).await, EnrolmentState::Active { root_seq: seq });
    f.store.revoke(f.registry, 1).await.unwrap();
    assert_eq!(f.state(id).await, EnrolmentState::Revoked(EnrolmentEnd::Operator));
    assert!(f.store.enrolment_status(Uuid::new_v4()).await.unwrap().is_none());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn without_a_chain_a_root_counts_at_once(pool: PgPool) {
    let f = fixture(&pool).await;
    let id = f.enrol_owned(&f.owned(1, 100, 50)).await.id;
    assert_eq!(f.state(id).await, EnrolmentState::PendingRoot);
    let seq = f.publish_all(91).await;
    assert_eq!(f.state(id).await, EnrolmentState::Active { root_seq: seq });
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_sweep_sees_each_once_and_revokes_only_what_nobody_saw_later(pool: PgPool) {
    let f = fixture(&pool).await;
    let new = f.owned(1, 100, 50);
    f.enrol_owned(&new).await;
    let since = f.store.now().await.unwrap();
    let found = f.store.enrolments_to_check(since, 100).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id, &found[0].ownership_record[..]), (new.id, &new.ownership_record[..]));
    assert!(!f.store.revoke_sold(&found[0], 49).await.unwrap(), "it was seen later");
    f.store.note_checked(&[new.id], Some(60)).await.unwrap();
    assert!(f.store.enrolments_to_check(since, 100).await.unwrap().is_empty(), "once in a sweep");
    assert!(!f.store.revoke_sold(&found[0], 59).await.unwrap());
    assert!(f.store.revoke_sold(&found[0], 60).await.unwrap());
    assert!(!f.store.revoke_sold(&found[0], 61).await.unwrap(), "once");
    assert_eq!(f.state(new.id).await, EnrolmentState::Revoked(EnrolmentEnd::Sold));
    let now = f.store.now().await.unwrap();
    assert!(f.store.enrolments_to_check(now, 100).await.unwrap().is_empty());
    let changes = f.store.leaf_changes(f.registry, 0, 100, 100).await.unwrap();
    assert!(changes.iter().map(|change| change.seq).eq(1..=2), "no gap is left by what was not revoked");
}
