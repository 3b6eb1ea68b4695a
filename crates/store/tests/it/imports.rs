//! Snapshots: all or nothing, and once.

use sqlx::PgPool;
use uuid::Uuid;
use veilpass_protocol::{Leaf, Pepper, SEALED_OWNERSHIP_BYTES, TokenId, WalletHash};
use veilpass_store::{AssetLine, EnrolmentLine, EnrolmentState, LineProblem};

use crate::fixture::{Fixture, element, fixture};

impl Fixture {
    fn line(&self, line: u64, token: u64, leaf: u64) -> EnrolmentLine {
        EnrolmentLine {
            line,
            token: TokenId::new(element(token)),
            track: self.track,
            wallet_hash: WalletHash::new(&Pepper::new([1; 32]), &[3; 32]),
            leaf: Leaf::new(element(leaf)),
            id: Uuid::new_v4(),
            ownership_record: [0; SEALED_OWNERSHIP_BYTES],
        }
    }

    async fn allow(&self, tokens: &[u64]) {
        let mut import = self.store.begin_import(self.registry).await.unwrap();
        let lines: Vec<_> =
            tokens.iter().map(|token| AssetLine { token: TokenId::new(element(*token)), track: self.track }).collect();
        import.add_assets(&lines).await.unwrap();
        import.commit_assets().await.unwrap();
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn assets_are_added_once_and_not_without_a_commit(pool: PgPool) {
    let f = fixture(&pool).await;
    let asset = |token| AssetLine { token: TokenId::new(element(token)), track: f.track };
    let mut dry = f.store.begin_import(f.registry).await.unwrap();
    assert_eq!(dry.add_assets(&[asset(1), asset(2), asset(1)]).await.unwrap(), 2);
    drop(dry);
    assert!(!f.store.unlocks(f.registry, f.track, asset(1).token).await.unwrap());
    f.allow(&[1, 2]).await;
    assert!(f.store.unlocks(f.registry, f.track, asset(1).token).await.unwrap());
    let mut again = f.store.begin_import(f.registry).await.unwrap();
    assert_eq!(again.add_assets(&[asset(2), asset(3)]).await.unwrap(), 1);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn bad_lines_are_told_and_the_others_are_enrolled_in_order(pool: PgPool) {
    let f = fixture(&pool).await;
    f.allow(&[1, 2, 3, 4]).await;
    f.store.enrol(f.registry, &[f.enrolment(4)]).await.unwrap();
    // Out of order, as batches may be; the fourth is enrolled by another wallet, the fifth unlocks nothing.
    let lines = [
        f.line(5, 3, 103),
        f.line(2, 1, 101),
        f.line(3, 2, 102),
        f.line(6, 1, 109),
        f.line(7, 4, 104),
        f.line(8, 5, 105),
    ];
    let run = async |commit: bool| {
        let mut import = f.store.begin_import(f.registry).await.unwrap();
        for batch in lines.chunks(2) {
            import.add_enrolments(batch).await.unwrap();
        }
        let mut bad = vec![];
        let counts = import.compare(|line, problem| bad.push((line, problem))).await.unwrap();
        bad.sort_unstable_by_key(|(line, _)| *line);
        if commit {
            import.commit_enrolments().await.unwrap();
        }
        (counts, bad)
    };
    let bad = vec![(6, LineProblem::Repeats(2)), (7, LineProblem::Enrolled), (8, LineProblem::NotAllowed)];
    assert_eq!(run(false).await, ((3, 0), bad.clone()));
    assert_eq!(f.store.registry(f.registry).await.unwrap().unwrap().change_seq, 1, "a dry run");
    assert_eq!(run(true).await, ((3, 0), bad.clone()));
    let leaves = f.store.leaves(f.registry, 1, 10).await.unwrap();
    let leaf = |value| Leaf::new(element(value));
    assert_eq!(leaves, [(1, leaf(101)), (2, leaf(102)), (3, leaf(103))]);
    let changes = f.store.leaf_changes(f.registry, 0, 100, 100).await.unwrap();
    assert!(changes.iter().map(|change| (change.seq, change.leaf_index)).eq([(1, 0), (2, 1), (3, 2), (4, 3)]));
    assert_eq!(run(true).await, ((0, 3), bad), "the same again changes nothing");
    let registry = f.store.registry(f.registry).await.unwrap().unwrap();
    assert_eq!((registry.leaf_count, registry.change_seq), (4, 4));
    // They are like those that listeners make.
    let status = f.store.enrolment_status(lines[1].id).await.unwrap().unwrap();
    assert_eq!((status.leaf_index, status.state), (1, EnrolmentState::PendingRoot));
    f.store.enrol(f.registry, &[f.enrolment(9)]).await.unwrap();
}
