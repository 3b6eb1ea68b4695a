//! Killing what tells the chain and what listens to it, while tokens are enrolled and proofs settle.

use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use veilpass_cli::holders;
use veilpass_protocol::Pepper;

use crate::stack::{DATABASE, TestStack};

const PATIENCE: Duration = Duration::from_secs(120);
/// Holders that are enrolled from the start.
const FIRST: u64 = 12;

impl TestStack {
    async fn enrol_one(&self, number: u64) {
        let enrolments = holders::enrolments(&Pepper::new([3; 32]), number, 1);
        self.store.enrol(self.registry, &enrolments).await.unwrap();
    }

    /// Waits until the outbox is drained, then asks everybody: each root and each settlement is on chain once, the indexer
    /// has each event once, and all agree on the roots.
    async fn all_is_well(&mut self, settled: usize) {
        self.published().await;
        let deadline = Instant::now() + PATIENCE;
        while self.store.open_intents().await.unwrap() > 0 {
            assert!(Instant::now() < deadline, "the outbox does not drain");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (failed, buffers): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM chain_outbox WHERE state = 'failed'), (SELECT count(*) FROM settlement_proofs)",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap();
        assert_eq!((failed, buffers), (0, 0));
        let (registry, roots): (_, i64) = (
            self.store.registry(self.registry).await.unwrap().unwrap(),
            sqlx::query_scalar("SELECT count(*) FROM roots").fetch_one(&self.pool).await.unwrap(),
        );
        assert_eq!(roots.unsigned_abs(), registry.root_seq, "numbers without gaps");
        let id = self.registry;
        assert_eq!(self.chain().registry(id).await.sequence, registry.root_seq, "one publication for each root");
        loop {
            let counts: Vec<(String, i64, i64)> = sqlx::query_as(
                "SELECT kind::text, count(*),
                        count(DISTINCT coalesce(root_sequence::text || coalesce(encode(nullifier, 'hex'), ''), ''))
                 FROM chain_events WHERE finalized GROUP BY kind ORDER BY kind",
            )
            .fetch_all(&self.pool)
            .await
            .unwrap();
            let expected =
                [("merkle_root_updated", roots), ("ownership_verified", settled as i64), ("registry_initialized", 1)];
            let expected: Vec<_> =
                expected.iter().filter(|(_, n)| *n > 0).map(|(k, n)| ((*k).to_owned(), *n, *n)).collect();
            if counts == expected {
                break;
            }
            assert!(Instant::now() < deadline, "events: {counts:?}, expected {expected:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let found = self.audit(&registry).await;
        assert!(found.is_sound(), "{found:#?}");
    }

    /// Kills relayer or indexer at points that the seed chooses, `kills` times.
    async fn kill_at_random(&mut self, kills: u64, seed: u64) {
        eprintln!("seed {seed}");
        let database = self.postgres.url(DATABASE);
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let first = self.store.registry(self.registry).await.unwrap().unwrap().leaf_count;
        for number in first..first + kills {
            self.enrol_one(number).await;
            tokio::time::sleep(Duration::from_millis(random.random_range(0..400))).await;
            if random.random() {
                self.chain().relayer.take().unwrap().kill().await;
                self.chain().start_relayer(&database);
            } else {
                self.chain().indexer.take().unwrap().kill().await;
                self.chain().start_indexer(&database);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_of_relayer_and_indexer_lose_nothing_and_double_nothing() {
    let mut stack = TestStack::start_on_chain().await;
    let proof = stack.prove(1).await;
    let path = stack.settle(&proof, &stack.session(1)).await;
    stack.kill_at_random(8, 4).await;
    stack.status(&path, &["final"]).await;
    stack.all_is_well(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: ./veilpass test --long"]
async fn a_hundred_kills_lose_nothing_and_double_nothing() {
    let mut stack = TestStack::start_on_chain().await;
    let mut paths = vec![];
    for round in 0..4 {
        let holder = 1 + round;
        let proof = stack.prove(holder).await;
        paths.push(stack.settle(&proof, &stack.session(holder)).await);
        stack.kill_at_random(25, 100 + round).await;
    }
    for path in &paths {
        stack.status(path, &["final"]).await;
    }
    stack.all_is_well(4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_killed_stops_nobody_for_good() {
    let mut stack = TestStack::start_on_chain().await;
    let proof = stack.prove(1).await;
    let path = stack.settle(&proof, &stack.session(1)).await;
    for number in FIRST..FIRST + 3 {
        stack.enrol_one(number).await;
        tokio::time::sleep(Duration::from_millis(37 * (number - FIRST))).await;
        stack.postgres.kill().await;
        stack.postgres.launch().await.unwrap();
        let deadline = Instant::now() + PATIENCE;
        while stack.store.ping().await.is_err() {
            assert!(Instant::now() < deadline, "the database does not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    stack.status(&path, &["final"]).await;
    stack.all_is_well(1).await;
}
