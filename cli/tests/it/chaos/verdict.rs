//! Whether every job ended once, and as it should.

use std::{collections::BTreeSet, fmt};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use veilpass_cli::{
    client::{Client, DelegatedProof, Settle},
    holders,
};
use veilpass_verifier::OwnershipVerifier;

use super::{
    fleet::Fleet,
    ledger::{Accepted, Due, Ledger},
};
use crate::job_ends;

/// Most of all accepted jobs that may end because no attempt was left, in percent.
const MOST_EXHAUSTED_PERCENT: usize = 10;
/// How often a job is tried.
const ATTEMPTS: i32 = 3;

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
    job_ends::each_ended_once(&fleet.pool, jobs.keys()).await;
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
