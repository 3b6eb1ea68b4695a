//! The queue itself.

use std::{collections::BTreeMap, rc::Rc};

use proptest_state_machine::StateMachineTest;
use uuid::Uuid;
use veilpass_store::{ClientBucket, MAX_ATTEMPTS, TokenHash};

use super::{
    calls::Step,
    client::{key_id, public_key, seconds},
    job::State,
    model::{DAY, KEY_LIFETIME, KEYS, Model},
    rows,
};
use crate::{
    fixture::{Fixture, fixture},
    machines::{bench::Bench, overlap::overlap},
};

pub(crate) struct Queue {
    bench: Rc<Bench>,
    pub(crate) f: Fixture,
    pub(crate) jobs: Vec<Uuid>,
    /// Each with its job.
    pub(crate) leases: Vec<(Uuid, Uuid)>,
    pub(crate) tokens: Vec<TokenHash>,
    /// How often a job was completed, and a proof fetched with a token.
    pub(crate) completed: BTreeMap<Uuid, usize>,
    pub(crate) fetched: BTreeMap<usize, usize>,
}

/// Everything that happened, happened earlier.
const PASS: &str = "
    UPDATE proof_jobs SET created_at = created_at - past, started_at = started_at - past, finished_at = finished_at - past,
        emptied_at = emptied_at - past, lease_expires_at = lease_expires_at - past;
    UPDATE proof_jobs_archive SET finished_at = finished_at - past;
    UPDATE proof_job_claims SET claimed_at = claimed_at - past, fetched_at = fetched_at - past;
    UPDATE prover_keys SET announced_at = announced_at - past, expires_at = expires_at - past;";

impl Queue {
    /// What the queue says of itself.
    async fn check_figures(&self, model: &Model) {
        let store = &self.f.store;
        let depth = store.queue_depth().await.unwrap();
        let is_leased = |state| matches!(state, State::Leased(..));
        let (queued, leased) = (model.count(|job| job.state == State::Queued), model.count(|job| is_leased(job.state)));
        assert_eq!((depth.queued, depth.leased), (queued as u64, leased as u64), "depth");
        let load = store.queue_load().await.unwrap();
        let open: BTreeMap<_, _> = load.keys.iter().map(|key| (key.key.to_bytes(), key.open)).collect();
        for key in 0..KEYS {
            let is_live = model.now < model.keys[key].0;
            let of_key = model.count(|job| job.key() == key && job.is_open()) as u64;
            assert_eq!(open.get(&key_id(key).to_bytes()), is_live.then_some(&of_key), "load of key {key}");
        }
        for (&(key, client), next) in &model.next_rounds {
            let backlog = store.client_backlog(key_id(key), ClientBucket::of_hash(&[client; 32])).await.unwrap();
            assert_eq!(backlog, next.saturating_sub(model.keys[key].1 + 1), "backlog of {client}");
        }
        let dead = store.dead_letters(seconds(DAY)).await.unwrap();
        let dead: BTreeMap<_, _> = dead.into_iter().map(|dead| (dead.reason.unwrap(), dead.count)).collect();
        assert!(dead.iter().map(|(reason, count)| (reason.as_str(), *count)).eq(model.dead()), "{dead:?}");
    }
}

impl StateMachineTest for Queue {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        let bench = Bench::cleared();
        let f = bench.wait(async {
            let f = fixture(&bench.pool).await;
            f.publish(1, 100).await;
            for key in 0..KEYS {
                f.store.announce_prover_key(&public_key(key), seconds(KEY_LIFETIME)).await.unwrap();
            }
            f
        });
        let (completed, fetched) = (BTreeMap::new(), BTreeMap::new());
        Self { bench, f, jobs: vec![], leases: vec![], tokens: vec![], completed, fetched }
    }

    fn apply(mut queue: Self, model: &Model, step: Step) -> Self {
        let (bench, next_token) = (Rc::clone(&queue.bench), queue.tokens.len());
        let answers = match step {
            Step::Call(call) => {
                let said = bench.wait(queue.call(&call, next_token));
                vec![queue.note(&call, said)]
            }
            Step::Overlap(first, second) => {
                let job = queue.jobs[first.job(model).unwrap()];
                let lock = format!("SELECT FROM proof_jobs WHERE id = '{job}' FOR UPDATE");
                let (one, two) = bench.wait(overlap(
                    &bench.pool,
                    &lock,
                    queue.call(&first, next_token),
                    queue.call(&second, next_token),
                ));
                vec![queue.note(&first, one), queue.note(&second, two)]
            }
            Step::Pass(seconds) => {
                bench.wait(bench.age(PASS, seconds));
                vec![]
            }
        };
        assert_eq!(answers, model.answers, "what was answered, and what should be");
        queue
    }

    fn check_invariants(queue: &Self, model: &Model) {
        assert!(queue.completed.values().chain(queue.fetched.values()).all(|times| *times == 1), "twice");
        queue.bench.wait(async {
            let found = rows::found(&queue.bench.pool, &queue.jobs, &queue.leases).await;
            assert_eq!(found, rows::expected(model), "what the tables hold, and what they should");
            for row in &found {
                assert!(!matches!(row, rows::JobRow::Queue { attempts, .. } if *attempts > MAX_ATTEMPTS), "{row:?}");
            }
            queue.check_figures(model).await;
        });
    }
}
