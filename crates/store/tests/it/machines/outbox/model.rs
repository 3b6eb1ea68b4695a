//! The outbox as it should be.

use std::collections::BTreeSet;

use super::{
    calls::{Answer, Call, End, Outcome},
    tree::Tree,
};

pub(crate) const LEASE: u64 = 1_000;
pub(crate) const DAILY_LIMIT: u64 = 12;
pub(crate) const DAY: u64 = 86_400;
/// For how long an expired transaction is a reason to offer more.
pub(crate) const EXPIRY_COUNTS: u64 = 900;
/// After which time housekeeping's transactions are looked at again.
pub(crate) const FORGOTTEN: u64 = 600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Sent,
    Confirmed,
    Final,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Publish the root of that number.
    Root(u64),
    /// Settle the verification of that number, of that nullifier.
    Settle(usize, u64),
}

#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) task: Task,
    pub(crate) state: State,
    pub(crate) failures: u32,
    /// Not looked at before that second; of two, first whose time was set first.
    pub(crate) not_before: (u64, u64),
    /// Number of the lease, and until when.
    pub(crate) lease: Option<(usize, u64)>,
    /// The transaction that decides.
    pub(crate) transaction: Option<usize>,
    pub(crate) error: Option<&'static str>,
    pub(crate) code: Option<u32>,
    /// How often its buffer got another name.
    pub(crate) renewals: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    /// Its signature's number.
    pub(crate) signature: usize,
    /// `None`: housekeeping.
    pub(crate) intent: Option<usize>,
    pub(crate) lamports: u64,
    pub(crate) outcome: Option<Outcome>,
    made_at: u64,
    ended_at: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Seconds.
    pub(crate) now: u64,
    times_set: u64,
    pub(crate) intents: Vec<Intent>,
    pub(crate) transactions: Vec<Transaction>,
    /// Of each lease that there ever was, its intent.
    pub(crate) leases: Vec<usize>,
    /// Number of the newest root. The first is on the chain from the beginning.
    pub(crate) newest_root: u64,
    pub(crate) tree: Tree,
    pub(crate) spent_nullifiers: BTreeSet<u64>,
    pub(crate) verifications: usize,
    pub(crate) leader: Option<u8>,
    /// What the newest calls should say.
    pub(crate) answers: Vec<Answer>,
}

impl Intent {
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.state, State::Final | State::Failed)
    }

    /// Whether the chain has not been seen to have it.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.state, State::Pending | State::Sent)
    }
}

impl Model {
    pub(crate) fn new() -> Self {
        Self { newest_root: 1, ..Self::default() }
    }

    /// Whether the chain will never have a root.
    pub(crate) fn has_failed(&self, root: u64) -> bool {
        self.intents.iter().any(|intent| intent.task == Task::Root(root) && intent.state == State::Failed)
    }

    fn add(&mut self, task: Task) {
        self.intents.push(Intent {
            task,
            state: State::Pending,
            failures: 0,
            not_before: (self.now, self.times_set),
            lease: None,
            transaction: None,
            error: None,
            code: None,
            renewals: 0,
        });
    }

    /// The intent that a lease is of, if it still is.
    fn held(&mut self, lease: usize) -> Option<&mut Intent> {
        let intent = &mut self.intents[self.leases[lease]];
        intent.lease.is_some_and(|(by, _)| by == lease).then_some(intent)
    }

    pub(crate) fn spent(&self) -> u64 {
        let counts = |t: &&Transaction| self.now < t.made_at + DAY && t.outcome != Some(Outcome::Expired);
        self.transactions.iter().filter(counts).map(|t| t.lamports).sum()
    }

    /// Signatures of an intent's transactions that may still land, and how many expired of late.
    pub(crate) fn of_intent(&self, intent: usize) -> (Vec<usize>, u64) {
        let of_intent = || self.transactions.iter().filter(|t| t.intent == Some(intent));
        let open = of_intent().filter(|t| t.outcome.is_none()).map(|t| t.signature).collect();
        let expired = |t: &&Transaction| t.outcome == Some(Outcome::Expired) && self.now < t.ended_at + EXPIRY_COUNTS;
        (open, of_intent().filter(expired).count() as u64)
    }

    /// Housekeeping's transactions that nobody has seen the end of for long.
    pub(crate) fn forgotten(&self) -> Vec<usize> {
        let is_forgotten =
            |t: &&Transaction| t.intent.is_none() && t.outcome.is_none() && t.made_at + FORGOTTEN <= self.now;
        self.transactions.iter().filter(is_forgotten).map(|t| t.signature).collect()
    }

    pub(crate) fn call(&mut self, call: &Call) -> Answer {
        let now = self.now;
        self.times_set += 1;
        match *call {
            Call::Publish { is_late: true, .. } => Answer::Did(false),
            Call::Publish { is_late: false, revokes } => {
                self.tree.grow(revokes);
                self.newest_root += 1;
                self.add(Task::Root(self.newest_root));
                Answer::Did(true)
            }
            Call::Accept { nullifier } => {
                let is_new = self.spent_nullifiers.insert(nullifier);
                if is_new {
                    self.add(Task::Settle(self.verifications, nullifier));
                    self.verifications += 1;
                }
                Answer::Did(is_new)
            }
            Call::Lease => Answer::Leased(self.lease()),
            Call::Keep { lease } => {
                let held = self.held(lease);
                Answer::Did(held.map(|intent| intent.lease = Some((lease, now + LEASE))).is_some())
            }
            Call::Renew { lease } => Answer::Did(self.held(lease).map(|intent| intent.renewals += 1).is_some()),
            Call::Record { lease, signature, decides, lamports } => {
                Answer::Recorded(self.record(lease, signature, decides, lamports))
            }
            Call::Ended { signature, outcome } => {
                let open = self.transactions.iter_mut().find(|t| t.signature == signature && t.outcome.is_none());
                if let Some(transaction) = open {
                    (transaction.outcome, transaction.ended_at) = (Some(outcome), now);
                }
                Answer::Did(true)
            }
            Call::End { lease, end } => Answer::Did(self.end(lease, end)),
            Call::Lead { relayer } => {
                let leads = self.leader.is_none();
                self.leader.get_or_insert(relayer);
                Answer::Did(leads)
            }
            Call::Resign | Call::Crash => Answer::Did(self.leader.take().is_some()),
        }
    }

    fn lease(&mut self) -> Option<(usize, bool, u32)> {
        let root_before_waits = |intent: &Intent| {
            let Task::Root(number) = intent.task else { return false };
            self.intents.iter().any(|before| before.task == Task::Root(number - 1) && before.waits())
        };
        let is_free = |intent: &Intent| {
            let is_held = intent.lease.is_some_and(|(_, until)| self.now < until);
            intent.is_open() && intent.not_before.0 <= self.now && !is_held && !root_before_waits(intent)
        };
        let free = self.intents.iter().enumerate().filter(|(_, intent)| is_free(intent));
        let is_settlement = |intent: &Intent| matches!(intent.task, Task::Settle(..));
        let number = free.min_by_key(|(number, intent)| (is_settlement(intent), intent.not_before, *number))?.0;
        let intent = &mut self.intents[number];
        intent.lease = Some((self.leases.len(), self.now + LEASE));
        self.leases.push(number);
        Some((number, intent.state == State::Confirmed, intent.failures))
    }

    fn record(&mut self, lease: Option<usize>, signature: usize, decides: bool, lamports: u64) -> &'static str {
        let (made_at, spent) = (self.now, self.spent());
        let is_repeated = self.transactions.iter().any(|t| t.signature == signature);
        let mut intent = None;
        if let Some(lease) = lease {
            let number = self.leases[lease];
            let Some(held) = self.held(lease) else { return "lease lost" };
            intent = Some(number);
            if decides && spent + lamports <= DAILY_LIMIT && !is_repeated {
                (held.state, held.transaction) = (State::Sent, Some(signature));
            }
        }
        if spent + lamports > DAILY_LIMIT {
            return "over limit";
        }
        if is_repeated {
            return "repeated";
        }
        let (outcome, ended_at) = (None, 0);
        self.transactions.push(Transaction { signature, intent, lamports, outcome, made_at, ended_at });
        "yes"
    }

    fn end(&mut self, lease: usize, end: End) -> bool {
        let (now, times_set) = (self.now, self.times_set);
        let Some(intent) = self.held(lease) else { return false };
        intent.lease = None;
        intent.not_before = (now + end.after(), times_set);
        intent.code = None;
        match end {
            End::Wait(_) => {}
            End::Retry(_) => {
                intent.failures += 1;
                intent.error = Some("no answer");
            }
            End::Confirmed(_) => (intent.state, intent.error) = (State::Confirmed, None),
            End::Final => (intent.state, intent.error) = (State::Final, None),
            End::Failed { is_spent } => {
                (intent.state, intent.error, intent.code) = (State::Failed, Some("refused"), Some(6016));
                if let (Task::Settle(_, nullifier), false) = (intent.task, is_spent) {
                    self.spent_nullifiers.remove(&nullifier);
                }
            }
        }
        true
    }
}
