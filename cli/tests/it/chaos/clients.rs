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

use super::{
    PATIENCE,
    journal::Journal,
    ledger::{Accepted, Ledger},
    requests::Parties,
};

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
            // Some ask twice, and some never come back for the answer.
            let (twice, forgets) = (self.random.random_ratio(1, 10), self.random.random_ratio(1, 10));
            let path = submit(&self.parties, &self.ledger, &body, &accepted).await;
            if twice {
                submit(&self.parties, &self.ledger, &body, &accepted).await;
            }
            match path {
                Some(path) if !forgets => self.wait_for(&path).await,
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(self.random.random_range(50..600))).await;
        }
    }

    /// Polls until the job has ended. Its end is judged when all is over.
    async fn wait_for(&self, path: &str) {
        let mut waited_since_the_end = None;
        loop {
            // The API is never down, whatever is.
            let answer = self.parties.client.get(path).await.unwrap_or_else(|error| panic!("{path}: {error:#}"));
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
async fn submit(parties: &Parties, ledger: &Ledger, body: &Value, accepted: &Accepted) -> Option<String> {
    let answer = parties.client.post("/v1/proofs", body).await.unwrap_or_else(|error| panic!("the API: {error:#}"));
    match answer.status.as_u16() {
        202 => {
            let path = format!("/v1/proofs/{}", answer.body["id"].as_str().unwrap());
            ledger.accepted(&path, accepted.clone());
            Some(path)
        }
        503 => None,
        other => panic!("{other} {}", answer.body),
    }
}

/// Everybody gets a proof at the first request.
pub(super) async fn all_is_well(parties: &Parties, ledger: &Ledger) {
    for holder in 0..8 {
        let (body, accepted) = parties.good(holder);
        let path = submit(parties, ledger, &body, &accepted).await.expect("it is accepted");
        let end = parties.client.wait(&path, PATIENCE, |_| {}).await.unwrap();
        assert!(matches!(end, veilpass_cli::client::JobEnd::Proved(_)), "holder {holder}, after all was healed");
    }
}
