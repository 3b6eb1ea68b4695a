//! Two provers, their `bb` and Postgres under random faults: every job that was accepted ends exactly once, with a proof that
//! holds or with a refusal that says why, and nothing is left running.
//!
//! The draws are those of a seed; what they meet is up to the machine. `VEILPASS_CHAOS_SEED` gives the seed, and
//! `VEILPASS_CHAOS_SECONDS` says for how long.

mod act;
mod clients;
mod fleet;
mod ledger;
mod requests;
mod saboteur;
mod verdict;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{
    chaos::{clients::Clients, fleet::Fleet, ledger::Ledger, saboteur::Saboteur},
    job_ends,
    journal::Journal,
    processes::{self, nothing_is_left},
};

/// How long whatever should happen may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// The seed of every change's test: whoever changed nothing meets the same draws as before.
const SEED: u64 = 5;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_every_job_ends_once_with_a_proof_or_a_reason() {
    let seconds = setting("VEILPASS_CHAOS_SECONDS").unwrap_or(120);
    run(setting("VEILPASS_CHAOS_SEED").unwrap_or(SEED), Duration::from_secs(seconds)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: ./veilpass test --long"]
async fn whatever_fails_for_half_an_hour_every_job_ends_once_with_a_proof_or_a_reason() {
    let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seconds = setting("VEILPASS_CHAOS_SECONDS").unwrap_or(1800);
    run(setting("VEILPASS_CHAOS_SEED").unwrap_or_else(fresh), Duration::from_secs(seconds)).await;
}

async fn run(seed: u64, duration: Duration) {
    eprintln!("chaos for {} s; again with VEILPASS_CHAOS_SEED={seed}", duration.as_secs());
    processes::adopt_orphans();
    let mut fleet = Fleet::start(seed).await;
    let folder = fleet.dir.path().to_owned();
    let journal = Journal::new("chaos", seed, &folder);
    let ledger = Arc::new(Ledger::default());
    job_ends::watch(&fleet.pool).await;

    let clients = Clients::start(fleet.parties(), seed, &ledger, &journal);
    let mut saboteur = Saboteur::new(ChaCha8Rng::seed_from_u64(seed), &journal);
    saboteur.rage(&mut fleet, duration).await;
    saboteur.heal(&mut fleet).await;
    clients.finish().await;
    job_ends::queue_drains(&fleet.pool, PATIENCE).await;
    journal.note("the queue is empty");

    // What is whole again serves everybody.
    clients::all_is_well(fleet.parties(), &ledger).await;
    let found = verdict::judge(&fleet, &ledger).await;
    let api_peak_mb = fleet.api_peak_mb();
    assert!(api_peak_mb < 100.0, "the API took {api_peak_mb:.1} MB");
    let befell: Vec<_> = fleet.provers.iter().map(|prover| format!("{:?}", prover.faulty.befell())).collect();
    fleet.stop(&journal).await;
    nothing_is_left(&folder).await;
    eprintln!("{found}; the API's peak {api_peak_mb:.1} MB\n{}\n{}", saboteur.summary(), befell.join("\n"));
}
