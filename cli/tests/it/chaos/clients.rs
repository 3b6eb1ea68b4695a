//! Clients that never stop asking.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tokio::task::JoinHandle;
use veilpass_cli::client::{Job, JobEnd};

use super::{
    PATIENCE,
    ledger::{Accepted, Ledger},
    requests::Parties,
    verdict::proof_of,
};
use crate::journal::Journal;

/// Few, so that the test leaves the machine to others.
const CLIENTS: u64 = 4;

pub(super) struct Clients {
    tasks: Vec<JoinHandle<()>>,
    enough: Arc<AtomicBool>,
}

struct OneOfThem {
    parties: Parties,
    random: ChaCha8Rng,
    ledger: Arc<Ledger>,
    journal: Journal,
    enough: Arc<AtomicBool>,
}

impl Clients {
    pub(super) fn start(parties: &Parties, seed: u64, ledger: &Arc<Ledger>, journal: &Journal) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let client = |number| OneOfThem {
            parties: parties.clone(),
            random: ChaCha8Rng::seed_from_u64(seed.wrapping_add(1 + number)),
            ledger: Arc::clone(ledger),
            journal: journal.clone(),
            enough: Arc::clone(&enough),
        };
        let tasks = (0..CLIENTS).map(|number| tokio::spawn(client(number).ask())).collect();
        Self { tasks, enough }
    }

    /// Waits until each has what it asked for last.
    pub(super) async fn finish(self) {
        self.enough.store(true, Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

impl OneOfThem {
    async fn ask(mut self) {
        while !self.enough.load(Relaxed) {
            let (body, accepted) = self.parties.draw(&mut self.random);
            match self.random.random_range(0..10) {
                0 => self.asks_twice(&body, &accepted).await,
                1 => drop(self.submit(&body, &accepted).await),
                2 => self.cancels(&body, &accepted).await,
                3 | 4 => self.waits_in_the_request(&body, &accepted).await,
                5 => self.goes_away(&body).await,
                _ => {
                    if let Some(job) = self.submit(&body, &accepted).await {
                        self.wait_for(&job).await;
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(self.random.random_range(50..600))).await;
        }
    }

    async fn submit(&self, body: &Value, accepted: &Accepted) -> Option<Job> {
        submit(&self.parties, &self.ledger, body, accepted).await
    }

    /// Both are answered with one job, unless the first of two has failed meanwhile.
    async fn asks_twice(&self, body: &Value, accepted: &Accepted) {
        let both = tokio::join!(self.submit(body, accepted), self.submit(body, accepted));
        for job in [both.0, both.1].into_iter().flatten() {
            self.wait_for(&job).await;
        }
    }

    async fn cancels(&mut self, body: &Value, accepted: &Accepted) {
        let Some(job) = self.submit(body, accepted).await else { return };
        tokio::time::sleep(Duration::from_millis(self.random.random_range(0..400))).await;
        self.ledger.cancels(&job.path);
        let status = self.parties.cancel(&job).await;
        assert!(matches!(status, 204 | 503), "{job:?}: {status}");
        self.wait_for(&job).await;
    }

    async fn waits_in_the_request(&self, body: &Value, accepted: &Accepted) {
        let (status, answer) = self.parties.post_and_wait(body).await;
        match status {
            200 | 202 => {
                let job = Job::of(&answer).unwrap();
                self.ledger.accepted(&job, accepted.clone());
                assert!(status == 202 || matches!(answer["status"].as_str(), Some("done" | "failed")), "{answer}");
                if answer["proof"].is_string() {
                    self.ledger.takes(&job, proof_of(&answer));
                }
                self.wait_for(&job).await;
            }
            429 | 503 => {}
            other => panic!("{other} {answer}"),
        }
    }

    /// It never learns of a job. If there is one, it ends once like the others.
    async fn goes_away(&mut self, body: &Value) {
        let patience = Duration::from_millis(self.random.random_range(20..400));
        let _ = tokio::time::timeout(patience, self.parties.post_and_wait(body)).await;
    }

    /// Polls until the job has ended. Its end is judged when all is over.
    async fn wait_for(&self, job: &Job) {
        let path = &job.path;
        let mut waited_since_the_end = None;
        loop {
            // The API is never down, whatever is.
            let answer = self.parties.client.job(job).await.unwrap_or_else(|error| panic!("{path}: {error:#}"));
            match (answer.status.as_u16(), answer.body["status"].as_str()) {
                (200, Some("done" | "failed")) => return,
                (200, Some("queued" | "proving")) | (503, None) => {}
                other => panic!("{path}: {other:?} {}", answer.body),
            }
            if self.enough.load(Relaxed) {
                let since = *waited_since_the_end.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    self.journal.note(&format!("{path} does not end: {}", answer.body));
                    panic!("{path} did not end in {PATIENCE:?} after all was healed: {}", answer.body);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Submits a job. `None`: it was refused for the time being.
async fn submit(parties: &Parties, ledger: &Ledger, body: &Value, accepted: &Accepted) -> Option<Job> {
    let answer = parties.client.post("/v1/proofs", body).await.unwrap_or_else(|error| panic!("the API: {error:#}"));
    match answer.status.as_u16() {
        202 => {
            let job = Job::of(&answer.body).unwrap();
            ledger.accepted(&job, accepted.clone());
            Some(job)
        }
        429 | 503 => None,
        other => panic!("{other} {}", answer.body),
    }
}

/// Everybody gets a proof; on a machine that has no time for its workers, not at the first request.
pub(super) async fn all_is_well(parties: &Parties, ledger: &Ledger) {
    let since = Instant::now();
    for holder in 0..8 {
        loop {
            let (body, accepted) = parties.good(holder);
            let job = submit(parties, ledger, &body, &accepted).await.expect("it is accepted");
            match parties.client.wait(&job, PATIENCE, |_| {}).await.unwrap() {
                JobEnd::Proved(proof) => break ledger.takes(&job, *proof),
                JobEnd::Failed(why) => {
                    let is_slow = why == "attempts_exhausted" && since.elapsed() < PATIENCE;
                    assert!(is_slow, "{job:?}, of holder {holder}, ends with {why} after all was healed");
                }
            }
        }
    }
}
