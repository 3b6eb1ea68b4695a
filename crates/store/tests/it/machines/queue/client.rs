//! Calls of the store.

use std::time::Duration;

use uuid::Uuid;
use veilpass_protocol::ProverKeyId;
use veilpass_store::{
    AttemptFailure, ClientBucket, EnqueueError, FetchOutcome, JobFailure, LeasedJob, NewJob, TokenHash,
};

use super::{
    calls::{Answer, Call, Fetched},
    job::key_of,
    machine::Queue,
    model::{CAPACITY, KEY_LIFETIME, LEASE, PATIENCE, RETENTION},
};

/// What a call said, with the database's names.
pub(crate) enum Said {
    Enqueued(Result<Uuid, EnqueueError>),
    Leased(Option<Box<LeasedJob>>),
    Fetched(Option<FetchOutcome>),
    Else(Answer),
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn public_key(key: usize) -> [u8; 32] {
    [40 + key as u8; 32]
}

pub(crate) fn key_id(key: usize) -> ProverKeyId {
    ProverKeyId::of_public_key(&public_key(key))
}

fn token_hash(number: usize) -> TokenHash {
    TokenHash::of(&[number as u8; 32])
}

impl Queue {
    /// `token`: the number that a new one gets.
    pub(crate) async fn call(&self, call: &Call, token: usize) -> Said {
        let store = &self.f.store;
        let answer = match *call {
            Call::Enqueue { request, client, patient } => {
                let job = NewJob {
                    prover_key_id: key_id(key_of(request)),
                    client: ClientBucket::of_hash(&[client; 32]),
                    patient,
                    token: token_hash(token),
                    ..self.f.job(u64::from(request))
                };
                return Said::Enqueued(store.enqueue_job(&job, CAPACITY as u32).await);
            }
            Call::Lease { key } => {
                return Said::Leased(store.lease_job(key_id(key), "a", seconds(LEASE)).await.unwrap().map(Box::new));
            }
            Call::Fetch { job, token } => {
                return Said::Fetched(store.fetch_proof(self.jobs[job], self.tokens[token]).await.unwrap());
            }
            Call::Heartbeat { lease } => {
                let (job, id) = self.leases[lease];
                Answer::Held(store.heartbeat(job, id, seconds(LEASE)).await.unwrap())
            }
            Call::Complete { lease } => {
                let (job, id) = self.leases[lease];
                Answer::Held(store.complete_job(job, id, 1, &[lease as u8; 7232]).await.unwrap())
            }
            Call::Fail { lease } => {
                let (job, id) = self.leases[lease];
                Answer::Held(store.fail_job(job, id, JobFailure::NotAMember).await.unwrap())
            }
            Call::Retry { lease } => {
                let (job, id) = self.leases[lease];
                Answer::Held(store.retry_job(job, id, AttemptFailure::WorkerHung).await.unwrap())
            }
            Call::Release { lease } => {
                let (job, id) = self.leases[lease];
                Answer::Held(store.release_job(job, id).await.unwrap())
            }
            Call::RequeueExpired => {
                let (requeued, failed) = store.requeue_expired_jobs().await.unwrap();
                Answer::Counts(requeued, failed)
            }
            Call::FailUnserved => Answer::Counts(0, store.fail_unserved_jobs(seconds(PATIENCE)).await.unwrap()),
            Call::Cancel { job, token } => {
                Answer::Cancelled(store.cancel_job(self.jobs[job], self.tokens[token]).await.unwrap())
            }
            Call::Abandon { job, token } => {
                Answer::Held(store.abandon_job(self.jobs[job], self.tokens[token]).await.unwrap())
            }
            Call::Archive => {
                let (moved, removed) = store.archive_jobs(seconds(RETENTION)).await.unwrap();
                Answer::Counts(moved, removed)
            }
            Call::Announce { key } => {
                store.announce_prover_key(&public_key(key), seconds(KEY_LIFETIME)).await.unwrap();
                Answer::Nothing
            }
        };
        Said::Else(answer)
    }

    /// What it said, with numbers; what is new gets the next one.
    pub(crate) fn note(&mut self, call: &Call, said: Said) -> Answer {
        let number = |jobs: &[Uuid], id: Uuid| jobs.iter().position(|known| *known == id);
        match said {
            Said::Enqueued(enqueued) => {
                self.tokens.push(token_hash(self.tokens.len()));
                Answer::Enqueued(match enqueued {
                    Ok(id) => Ok(number(&self.jobs, id).unwrap_or_else(|| {
                        self.jobs.push(id);
                        self.jobs.len() - 1
                    })),
                    Err(EnqueueError::UnknownProverKey) => Err("key"),
                    Err(EnqueueError::QueueFull) => Err("full"),
                    Err(other) => panic!("{other:?}"),
                })
            }
            Said::Leased(leased) => Answer::Leased(leased.map(|job| {
                self.leases.push((job.id, job.lease_id));
                (number(&self.jobs, job.id).unwrap(), job.attempts)
            })),
            Said::Fetched(outcome) => {
                if let (Call::Fetch { token, .. }, Some(FetchOutcome::Proof(_))) = (call, &outcome) {
                    *self.fetched.entry(*token).or_default() += 1;
                }
                Answer::Fetched(outcome.map(|outcome| match outcome {
                    FetchOutcome::Proof(fetched) => Fetched::Proof(usize::from(fetched.proof[0])),
                    FetchOutcome::AlreadyFetched => Fetched::Before,
                    FetchOutcome::None(_) => Fetched::NoProof,
                }))
            }
            Said::Else(answer) => {
                if let (Call::Complete { lease }, Answer::Held(true)) = (call, &answer) {
                    *self.completed.entry(self.leases[*lease].0).or_default() += 1;
                }
                answer
            }
        }
    }
}
