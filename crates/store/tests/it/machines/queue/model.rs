//! The queue as it should be.

use std::collections::BTreeMap;

use veilpass_store::{ARCHIVE_DAYS, AttemptFailure, Cancelled, JobFailure};

use super::{
    calls::{Answer, Call, Fetched},
    job::{Job, Place, State, Token, key_of},
};

pub(crate) const KEYS: usize = 2;
pub(crate) const CAPACITY: usize = 4;
pub(crate) const LEASE: u64 = 1_000;
pub(crate) const KEY_LIFETIME: u64 = 10_000;
pub(crate) const PATIENCE: u64 = 5_000;
pub(crate) const RETENTION: u64 = 3_600;
pub(crate) const DAY: u64 = 86_400;

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Seconds.
    pub(crate) now: u64,
    /// In the order in which they were queued.
    pub(crate) jobs: Vec<Job>,
    pub(crate) tokens: Vec<Token>,
    /// Of each lease that there ever was, its job.
    pub(crate) leases: Vec<usize>,
    /// Of each key, until when it is announced, and the round that is served.
    pub(crate) keys: [(u64, u64); KEYS],
    /// The first round that is free, by key and client.
    pub(crate) next_rounds: BTreeMap<(usize, u8), u64>,
    /// What the newest calls should say.
    pub(crate) answers: Vec<Answer>,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self { keys: [(KEY_LIFETIME, 0); KEYS], ..Self::default() }
    }

    pub(crate) fn count(&self, is: impl Fn(&Job) -> bool) -> usize {
        self.jobs.iter().filter(|job| is(job)).count()
    }

    /// Tokens of a job: all, and those that its proof was fetched with.
    pub(crate) fn claims(&self, job: usize) -> (usize, usize) {
        let of_job = || self.tokens.iter().filter(|token| token.job == Some(job));
        (of_job().count(), of_job().filter(|token| token.fetched).count())
    }

    /// Jobs given up within a day, by reason.
    pub(crate) fn dead(&self) -> BTreeMap<&'static str, u64> {
        let mut dead = BTreeMap::new();
        for job in self.jobs.iter().filter(|job| job.place != Place::Forgotten && self.now < job.ended_at + DAY) {
            if job.state == State::Failed(JobFailure::AttemptsExhausted) {
                *dead.entry(job.last_error.unwrap().code()).or_default() += 1;
            }
        }
        dead
    }

    /// The job that a lease is of, if it still is.
    fn held(&mut self, lease: usize) -> Option<&mut Job> {
        let job = &mut self.jobs[self.leases[lease]];
        matches!(job.state, State::Leased(by, _) if by == lease).then_some(job)
    }

    pub(crate) fn call(&mut self, call: &Call) -> Answer {
        let now = self.now;
        let held = |held: Option<&mut Job>, end: &dyn Fn(&mut Job)| Answer::Held(held.map(end).is_some());
        match *call {
            Call::Enqueue { request, client, patient } => self.enqueue(request, client, patient),
            Call::Lease { key } => Answer::Leased(self.lease(key)),
            Call::Heartbeat { lease } => held(self.held(lease), &|job| job.state = State::Leased(lease, now + LEASE)),
            Call::Complete { lease } => held(self.held(lease), &|job| {
                job.proof = Some(lease);
                job.end(State::Done, now);
            }),
            Call::Fail { lease } => held(self.held(lease), &|job| job.end(State::Failed(JobFailure::NotAMember), now)),
            Call::Retry { lease } => held(self.held(lease), &|job| job.end_attempt(AttemptFailure::WorkerHung, now)),
            Call::Release { lease } => held(self.held(lease), &|job| {
                job.attempts -= 1;
                job.state = State::Queued;
            }),
            Call::RequeueExpired => {
                let mut counts = (0, 0);
                for job in &mut self.jobs {
                    if matches!(job.state, State::Leased(_, until) if until <= now) {
                        job.end_attempt(AttemptFailure::LeaseExpired, now);
                        *if job.is_open() { &mut counts.0 } else { &mut counts.1 } += 1;
                    }
                }
                Answer::Counts(counts.0, counts.1)
            }
            Call::FailUnserved => {
                let mut failed = 0;
                for job in self.jobs.iter_mut().filter(|job| job.state == State::Queued) {
                    if self.keys[job.key()].0 + PATIENCE <= now {
                        job.end(State::Failed(JobFailure::ProverGone), now);
                        failed += 1;
                    }
                }
                Answer::Counts(0, failed)
            }
            Call::Cancel { job, token } => Answer::Cancelled(self.cancel(job, token)),
            Call::Abandon { job, token } => {
                let is_claimed = self.tokens[token].job == Some(job) && self.jobs[job].is_open();
                if is_claimed {
                    self.tokens[token].job = None;
                }
                let is_last = is_claimed && self.claims(job).0 == 0;
                if is_last {
                    self.jobs[job].end(State::Failed(JobFailure::Cancelled), now);
                }
                Answer::Held(is_last)
            }
            Call::Fetch { job, token } => Answer::Fetched(self.fetch(job, token)),
            Call::Archive => self.archive(),
            Call::Announce { key } => {
                self.keys[key].0 = now + KEY_LIFETIME;
                Answer::Nothing
            }
        }
    }

    fn enqueue(&mut self, request: u8, client: u8, patient: bool) -> Answer {
        let key = key_of(request);
        let same = |job: &Job| {
            let counts = job.is_open() || job.state == State::Done && job.proof.is_some();
            job.request == request && job.place == Place::Queue && counts
        };
        let job = match self.jobs.iter().position(same) {
            Some(same) => {
                self.jobs[same].patient &= patient;
                Ok(same)
            }
            None if self.keys[key].0 <= self.now => Err("key"),
            None if self.count(|job| job.state == State::Queued) >= CAPACITY => Err("full"),
            None => {
                let next = self.next_rounds.entry((key, client)).or_default();
                let round = self.keys[key].1.max(*next);
                *next = round + 1;
                self.jobs.push(Job {
                    request,
                    patient,
                    round,
                    state: State::Queued,
                    place: Place::Queue,
                    attempts: 0,
                    last_error: None,
                    fetches: 0,
                    proof: None,
                    ended_at: 0,
                });
                Ok(self.jobs.len() - 1)
            }
        };
        self.tokens.push(Token { job: job.ok(), fetched: false });
        Answer::Enqueued(job)
    }

    fn lease(&mut self, key: usize) -> Option<(usize, i32)> {
        let waiting = self.jobs.iter().enumerate().filter(|(_, job)| job.state == State::Queued && job.key() == key);
        let next = waiting.min_by_key(|(number, job)| (job.turn(), *number))?.0;
        let job = &mut self.jobs[next];
        job.attempts += 1;
        job.state = State::Leased(self.leases.len(), self.now + LEASE);
        self.leases.push(next);
        self.keys[key].1 = self.keys[key].1.max(job.round);
        Some((next, job.attempts))
    }

    fn cancel(&mut self, job: usize, token: usize) -> Cancelled {
        if self.tokens[token].job != Some(job) {
            return Cancelled::Unknown;
        }
        if !self.jobs[job].is_open() {
            return Cancelled::HadEnded;
        }
        self.jobs[job].end(State::Failed(JobFailure::Cancelled), self.now);
        Cancelled::Now
    }

    fn fetch(&mut self, number: usize, token: usize) -> Option<Fetched> {
        let claims = self.claims(number).0;
        let (job, token) = (&mut self.jobs[number], &mut self.tokens[token]);
        if token.job != Some(number) || job.place != Place::Queue {
            return None;
        }
        if job.state != State::Done {
            return Some(Fetched::NoProof);
        }
        let Some(proof) = job.proof.filter(|_| !token.fetched) else { return Some(Fetched::Before) };
        token.fetched = true;
        job.fetches += 1;
        job.proof = job.proof.filter(|_| job.fetches < claims);
        Some(Fetched::Proof(proof))
    }

    fn archive(&mut self) -> Answer {
        let (mut moved, mut removed) = (0, 0);
        for (number, job) in self.jobs.iter_mut().enumerate().filter(|(_, job)| !job.is_open()) {
            if job.place == Place::Queue && job.ended_at + RETENTION <= self.now {
                job.place = Place::Archive;
                moved += 1;
            }
            if job.place == Place::Archive && job.ended_at + ARCHIVE_DAYS.unsigned_abs() as u64 * DAY <= self.now {
                job.place = Place::Forgotten;
                removed += 1;
                self.tokens.iter_mut().filter(|token| token.job == Some(number)).for_each(|token| token.job = None);
            }
        }
        Answer::Counts(moved, removed)
    }
}
