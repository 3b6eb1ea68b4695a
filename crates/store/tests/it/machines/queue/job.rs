//! A job as it should be.

use veilpass_store::{AttemptFailure, JobFailure, MAX_ATTEMPTS};

/// Clients that do not hurry let so many rounds go first.
const PATIENT_ROUNDS: u64 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Queued,
    /// By lease of that number, which counts until then.
    Leased(usize, u64),
    Done,
    Failed(JobFailure),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Queue,
    Archive,
    Forgotten,
}

#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) request: u8,
    pub(crate) patient: bool,
    pub(crate) round: u64,
    pub(crate) state: State,
    pub(crate) place: Place,
    pub(crate) attempts: i32,
    pub(crate) last_error: Option<AttemptFailure>,
    pub(crate) fetches: usize,
    /// Number of the lease that made it.
    pub(crate) proof: Option<usize>,
    pub(crate) ended_at: u64,
}

/// What a request was answered with.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// `None`: for nothing (any more).
    pub(crate) job: Option<usize>,
    pub(crate) fetched: bool,
}

/// The key that a request is sealed to: most to the first.
pub(crate) fn key_of(request: u8) -> usize {
    usize::from(request == 0)
}

impl Job {
    pub(crate) fn key(&self) -> usize {
        key_of(self.request)
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Queued | State::Leased(..))
    }

    pub(crate) fn turn(&self) -> u64 {
        self.round + if self.patient { PATIENT_ROUNDS } else { 0 }
    }

    pub(crate) fn end(&mut self, state: State, now: u64) {
        (self.state, self.ended_at) = (state, now);
    }

    pub(crate) fn end_attempt(&mut self, reason: AttemptFailure, now: u64) {
        self.last_error = Some(reason);
        match self.attempts < MAX_ATTEMPTS {
            true => self.state = State::Queued,
            false => self.end(State::Failed(JobFailure::AttemptsExhausted), now),
        }
    }
}
