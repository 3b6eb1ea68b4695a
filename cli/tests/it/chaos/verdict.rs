//! Whether every job ended once, and as it should.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;
use veilpass_cli::{
    client::{Client, DelegatedProof, Settle},
    holders,
};
use veilpass_verifier::OwnershipVerifier;

use super::{
    fleet::Fleet,
    ledger::{Accepted, Due, Ledger},
};

/// Most of all accepted jobs that may end because no attempt was left, in percent.
const MOST_EXHAUSTED_PERCENT: usize = 10;
/// How often a job is tried.
const ATTEMPTS: i32 = 3;

/// Has the database write down whatever is done to a job that ends or has ended, whoever does it.
pub(super) async fn watch_ends(pool: &PgPool) {
    for statement in [
        "CREATE TABLE chaos_ends (job uuid NOT NULL, state text NOT NULL)",
        // The claims of a job that ended may change: somebody asked for the same again. And its proof goes when all have it.
        "CREATE FUNCTION chaos_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF (NEW.state IN ('done', 'failed') OR OLD.state IN ('done', 'failed'))
                AND (NEW.state, coalesce(NEW.proof, OLD.proof), NEW.failure, NEW.root_seq, NEW.sealed_witness, NEW.finished_at)
                    IS DISTINCT FROM
                    (OLD.state, OLD.proof, OLD.failure, OLD.root_seq, OLD.sealed_witness, OLD.finished_at) THEN
                 INSERT INTO chaos_ends VALUES (NEW.id, NEW.state::text);
             END IF;
             RETURN NULL;
         END $$",
        "CREATE TRIGGER chaos_end AFTER UPDATE ON proof_jobs FOR EACH ROW EXECUTE FUNCTION chaos_end()",
    ] {
        sqlx::query(statement).execute(pool).await.unwrap();
    }
}

/// Waits until no job waits or is leased: also those that nobody asks about, or whose client was never told of them.
pub(super) async fn queue_drains(pool: &PgPool, patience: Duration) {
    let since = Instant::now();
    loop {
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM proof_jobs WHERE state IN ('queued', 'leased')")
            .fetch_one(pool)
            .await
            .unwrap();
        if open == 0 {
            return;
        }
        assert!(since.elapsed() < patience, "{open} jobs do not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What became of the accepted jobs.
#[derive(Default)]
pub(super) struct Found {
    proved: usize,
    refused: usize,
    exhausted: usize,
    cancelled: usize,
    retried: usize,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { proved, refused, exhausted, cancelled, retried } = self;
        write!(f, "{proved} proved, {refused} refused rightly, {exhausted} without an attempt left, ")?;
        write!(f, "{cancelled} cancelled; {retried} tried more than once")
    }
}

/// Fails unless every job ended exactly once, with a proof that holds or with a reason that fits.
pub(super) async fn judge(fleet: &Fleet, ledger: &Ledger) -> Found {
    let (jobs, cancelled) = (ledger.jobs(), ledger.cancelled());
    each_ended_once(&fleet.pool, jobs.keys()).await;
    let verifier = OwnershipVerifier::new().unwrap();
    let (mut found, mut accepted) = (Found::default(), BTreeSet::new());
    for (path, (claim, job)) in &jobs {
        let client = &fleet.parties().client;
        let answer = client.job(claim).await.unwrap();
        let attempts = answer.body["attempts"].as_i64().unwrap();
        found.retried += usize::from(attempts > 1);
        match (answer.body["status"].as_str().unwrap(), answer.body["failure"]["code"].as_str(), job.due) {
            ("done", None, Due::Proof) => {
                let proof = match ledger.taken(claim) {
                    Some(proof) => proof,
                    None => proof_of(&client.fetch(claim).await.unwrap().body),
                };
                assert_eq!(proof.public_inputs, job.statement.under_root(fleet.root.root), "{path}");
                let bytes = BASE64_STANDARD.decode(&proof.proof).unwrap();
                verifier.verify(&bytes, &proof.public_inputs).unwrap_or_else(|error| panic!("{path}: {error}"));
                // The API takes it too, the first of each holder.
                if accepted.insert(job.holder) {
                    settles(fleet, job, &proof).await;
                }
                found.proved += 1;
            }
            ("failed", Some(code), Due::Refusal(due)) if code == due => found.refused += 1,
            ("failed", Some("cancelled"), _) if cancelled.contains(path) => found.cancelled += 1,
            ("failed", Some("attempts_exhausted"), _) if attempts == i64::from(ATTEMPTS) => found.exhausted += 1,
            _ => panic!("{path}, {:?}: {}", job.due, answer.body),
        }
    }
    assert!(found.proved > 0 && found.refused > 0, "nothing was tested: {found}");
    let share = found.exhausted * 100 / jobs.len();
    assert!(share < MOST_EXHAUSTED_PERCENT, "{found}: {share} % had no attempt left");
    found
}

pub(super) fn proof_of(answer: &Value) -> DelegatedProof {
    let proof = answer["proof"].as_str().unwrap_or_else(|| panic!("no proof: {answer}")).to_owned();
    DelegatedProof { proof, public_inputs: serde_json::from_value(answer["public_inputs"].clone()).unwrap() }
}

async fn settles(fleet: &Fleet, job: &Accepted, proof: &DelegatedProof) {
    let session = holders::session(job.holder, fleet.parties().expires_at);
    let body = Client::verification_request(proof, &session, Settle::OffChain);
    let answer = fleet.parties().client.post("/v1/verifications", &body).await.unwrap();
    assert_eq!(answer.status.as_u16(), 201, "holder {}: {}", job.holder, answer.body);
}

/// Also jobs of which no client was told, because the answer was lost: nothing distinguishes them for a prover.
async fn each_ended_once(pool: &PgPool, accepted: impl Iterator<Item = &String>) {
    let rows: Vec<(Uuid, String, bool, bool)> = sqlx::query_as(
        "SELECT id, state::text, sealed_witness IS NOT NULL,
                proof IS NOT NULL OR emptied_at IS NOT NULL FROM proof_jobs",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let ends: Vec<(Uuid, String)> = sqlx::query_as("SELECT job, state FROM chaos_ends").fetch_all(pool).await.unwrap();
    let mut of_job: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
    for (job, state) in &ends {
        of_job.entry(*job).or_default().push(state);
    }
    let mut known = BTreeSet::new();
    for (job, state, has_witness, has_proof) in &rows {
        assert!(matches!(state.as_str(), "done" | "failed"), "{job} is {state}");
        assert_eq!(of_job.get(job), Some(&vec![state.as_str()]), "{job} ended as often");
        assert!(!has_witness, "{job} keeps its sealed witness");
        assert_eq!(*has_proof, state == "done", "{job}");
        known.insert(format!("/v1/proofs/{job}"));
    }
    for path in accepted {
        assert!(known.contains(path), "{path} was accepted and is nowhere");
    }
}
