//! Roles that one process at a time has, and what provers say of their trees.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_merkle::MerkleTree;
use veilpass_store::{ProverTreeReport, TreeLogError};

use crate::fixture::{fixture, root};

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_role_is_had_by_one_and_goes_over_when_its_connection_ends(pool: PgPool) {
    let f = fixture(&pool).await;
    let mut first = f.store.try_lead("roots").await.unwrap().unwrap();
    assert!(f.store.try_lead("roots").await.unwrap().is_none());
    let other = f.store.try_lead("another").await.unwrap().unwrap();
    assert!(first.is_held().await);
    first.resign().await;
    let mut second = f.store.try_lead("roots").await.unwrap().unwrap();
    // As when the process that has it is killed, or the server restarts.
    sqlx::query(
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l
         WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .execute(&pool)
    .await
    .unwrap();
    // The server ends a connection soon, not at once, and gives its locks back after that.
    while second.is_held().await {}
    while f.store.try_lead("roots").await.unwrap().is_none() {}
    drop(other);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_newest_report_of_each_prover_is_kept(pool: PgPool) {
    let f = fixture(&pool).await;
    let report =
        |value| ProverTreeReport { registry: f.registry, root_seq: value, root: root(value), change_seq: value };
    for (prover, value) in [("a", 1), ("b", 1), ("a", 2), ("gone", 1)] {
        f.store.report_prover_tree(prover, &report(value)).await.unwrap();
    }
    let old = "UPDATE prover_trees SET reported_at = now() - interval '2 days' WHERE prover = 'gone'";
    sqlx::query(old).execute(&pool).await.unwrap();
    let trees = f.store.prover_trees(f.registry, Duration::from_secs(60)).await.unwrap();
    let seen: Vec<_> = trees.iter().map(|tree| (tree.prover.as_str(), tree.report)).collect();
    assert_eq!(seen, [("a", report(2)), ("b", report(1))]);
    f.store.report_prover_tree("a", &report(3)).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM prover_trees").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 2, "who is gone is forgotten");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_tree_follows_the_log_and_says_where_it_ends(pool: PgPool) {
    let f = fixture(&pool).await;
    f.store.enrol(f.registry, &[f.enrolment(1), f.enrolment(2), f.enrolment(3)]).await.unwrap();
    f.store.revoke(f.registry, 1).await.unwrap();
    let (mut tree, mut change_seq) = (MerkleTree::new(), 0);
    for until in [1, 4] {
        f.store.follow_tree(f.registry, &mut tree, &mut change_seq, until).await.unwrap();
        assert_eq!(change_seq, until);
    }
    let mut expected = MerkleTree::new();
    let leaf = |token| f.enrolment(token).leaf;
    expected.apply(&[(0, leaf(1)), (1, veilpass_protocol::Leaf::EMPTY), (2, leaf(3))]).unwrap();
    assert_eq!(tree.root(), expected.root());
    let beyond = f.store.follow_tree(f.registry, &mut tree, &mut change_seq, 5).await;
    assert!(matches!(beyond, Err(TreeLogError::Gap(4))), "{beyond:?}");
    assert_eq!(change_seq, 4);
}
