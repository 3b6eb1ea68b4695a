//! The leaves as they were at a published root.

use sqlx::{PgPool, Row};
use veilpass_protocol::Leaf;
use veilpass_store::Enrolment;

use crate::fixture::{Fixture, element, fixture, root};

fn leaf(token: u64) -> Leaf {
    Leaf::new(element(1_000_000 + token))
}

async fn publish_all(f: &Fixture, value: u64) -> u64 {
    let registry = f.store.registry(f.registry).await.unwrap().unwrap();
    f.store.publish_root(f.registry, root(value), registry.change_seq, registry.leaf_count).await.unwrap();
    registry.change_seq
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_version_stays_what_it_was(pool: PgPool) {
    let f = fixture(&pool).await;
    let enrolments: Vec<Enrolment> = (0..5).map(|token| f.enrolment(token)).collect();
    f.store.enrol(f.registry, &enrolments).await.unwrap();
    f.store.revoke(f.registry, 1).await.unwrap();
    let first = publish_all(&f, 100).await;
    let leaves = vec![leaf(0), Leaf::EMPTY, leaf(2), leaf(3), leaf(4)];
    let at = async |version, end| f.store.leaves_at(f.registry, version, 0, end).await.unwrap();
    assert_eq!(at(first, 5).await, leaves);

    // Enrolled again, another revoked, one more: and nothing of it in what was published before.
    f.store.enrol(f.registry, &[f.enrolment(1), f.enrolment(5)]).await.unwrap();
    f.store.revoke(f.registry, 3).await.unwrap();
    assert_eq!(at(first, 5).await, leaves);
    let second = publish_all(&f, 200).await;
    assert_eq!(at(first, 5).await, leaves);
    let newer = vec![leaf(0), Leaf::EMPTY, leaf(2), Leaf::EMPTY, leaf(4), leaf(1), leaf(5)];
    assert_eq!(at(second, 7).await, newer);
    assert_eq!(f.store.leaves_at(f.registry, second, 2, 4).await.unwrap(), newer[2..4]);
    assert!(f.store.leaves_at(f.registry, first, 0, 6).await.is_err(), "it has five places");

    // The first publication of a tree names it, however often it is published again.
    publish_all(&f, 200).await;
    let version = f.store.leaf_version(f.registry, second).await.unwrap().unwrap();
    assert_eq!((version.root_seq, version.root, version.leaf_count), (2, root(200), 7));
    assert!(f.store.leaf_version(f.registry, second - 1).await.unwrap().is_none(), "never published");

    let changes = async |first, limit| f.store.changes_between(f.registry, 6, second, first, limit).await.unwrap();
    assert_eq!(changes(0, 10).await, [(3, Leaf::EMPTY), (5, leaf(1)), (6, leaf(5))]);
    assert_eq!(changes(4, 1).await, [(5, leaf(1))]);
    assert_eq!(f.store.changed_places(f.registry, 6, second).await.unwrap(), 3);
    // Of a place that changed twice the last change.
    assert_eq!(f.store.changes_between(f.registry, 0, first, 0, 10).await.unwrap()[1], (1, Leaf::EMPTY));
    assert_eq!(f.store.changed_places(f.registry, 0, first).await.unwrap(), 5);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn holders_are_counted_in_the_tree_of_the_root(pool: PgPool) {
    let f = fixture(&pool).await;
    let enrolments: Vec<Enrolment> = (0..5).map(|token| f.enrolment(token)).collect();
    f.store.enrol(f.registry, &enrolments).await.unwrap();
    f.store.revoke(f.registry, 1).await.unwrap();
    publish_all(&f, 100).await;
    let holders = async || {
        let newest = f.store.newest_root(f.registry).await.unwrap().unwrap();
        f.store.holders(f.registry, f.track, &newest).await.unwrap()
    };
    assert_eq!(holders().await, 4);
    // What no root includes does not count, and what was revoked since still does.
    f.store.enrol(f.registry, &[f.enrolment(6), f.enrolment(7)]).await.unwrap();
    f.store.revoke(f.registry, 2).await.unwrap();
    f.store.revoke(f.registry, 5).await.unwrap();
    assert_eq!(holders().await, 4);
    publish_all(&f, 200).await;
    assert_eq!(holders().await, 4);
    let other = f.store.create_track(f.registry, "second-light").await.unwrap();
    let newest = f.store.newest_root(f.registry).await.unwrap().unwrap();
    assert_eq!(f.store.holders(f.registry, other, &newest).await.unwrap(), 0);
}

/// A page costs what it returns, however long the log is, and whatever version it is of.
#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_page_reads_its_own_places_only(pool: PgPool) {
    let f = fixture(&pool).await;
    let id = format!("{:064x}", 1);
    let fill = format!(
        r"SET session_replication_role = replica; SET statement_timeout = 0;
        INSERT INTO leaf_changes (registry_id, seq, leaf_index, leaf_hash)
        SELECT '\x{id}', n, n - 1, decode(lpad(to_hex(n), 64, '0'), 'hex') FROM generate_series(1, 200000) AS n;
        INSERT INTO leaf_changes (registry_id, seq, leaf_index, leaf_hash)
        SELECT '\x{id}', 200000 + n, n * 10, '\x{zero}' FROM generate_series(1, 10000) AS n;
        INSERT INTO merkle_leaves (registry_id, leaf_index, wallet_hash, token_id, track_id, leaf_hash)
        SELECT '\x{id}', n - 1, sha256(''), decode(lpad(to_hex(n), 64, '0'), 'hex'), '\x{track}',
               decode(lpad(to_hex(n), 64, '0'), 'hex') FROM generate_series(1, 200000) AS n;
        ANALYZE",
        zero = "0".repeat(64),
        track = &f.track.to_string()[2..],
    );
    let mut connection = pool.acquire().await.unwrap().detach();
    sqlx::raw_sql(&fill).execute(&mut connection).await.unwrap();
    let page = "SELECT DISTINCT ON (leaf_index) leaf_index, leaf_hash FROM leaf_changes
                WHERE registry_id = $1 AND leaf_index >= $2 AND leaf_index < $3 AND seq <= $4
                ORDER BY leaf_index, seq DESC";
    for mode in ["force_custom_plan", "force_generic_plan"] {
        for version in [199_999, 205_000, 210_000] {
            sqlx::raw_sql(&format!("SET plan_cache_mode = {mode}; PREPARE page (bytea, int8, int8, int8) AS {page}"))
                .execute(&mut connection)
                .await
                .unwrap();
            let explain =
                format!(r"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE page('\x{id}', 100000, 102048, {version})");
            let row = sqlx::query(&explain).fetch_one(&mut connection).await.unwrap();
            let plan: serde_json::Value = row.try_get(0).unwrap();
            sqlx::raw_sql("DEALLOCATE page").execute(&mut connection).await.unwrap();
            let top = &plan[0]["Plan"];
            let blocks = top["Shared Hit Blocks"].as_u64().unwrap() + top["Shared Read Blocks"].as_u64().unwrap();
            let text = plan.to_string();
            assert!(text.contains("leaf_changes_by_place") && !text.contains("\"Sort\""), "{mode} {version}: {text}");
            // 2048 entries of the index, and the blocks of the table that they are of.
            assert!(blocks < 300, "{mode} {version}: {blocks} blocks: {text}");
        }
    }
    assert_eq!(f.store.leaves_at(f.registry, 205_000, 50_000, 50_011).await.unwrap()[0], Leaf::new(element(50_001)));
    assert_eq!(f.store.leaves_at(f.registry, 205_001, 50_010, 50_011).await.unwrap(), [Leaf::EMPTY]);
}
