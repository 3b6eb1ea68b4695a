//! What clients and provers can ask of the queue, and in what order.

use proptest::{prelude::*, sample::select, strategy::Union};
use proptest_state_machine::ReferenceStateMachine;
use veilpass_store::Cancelled;

use super::{
    job::State,
    model::{KEYS, Model},
};
use crate::machines::step;

const REQUESTS: u8 = 6;
const CLIENTS: u8 = 2;

/// A call. Leases, jobs and tokens by their numbers: 0 is the first that there was.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Enqueue { request: u8, client: u8, patient: bool },
    Lease { key: usize },
    Heartbeat { lease: usize },
    Complete { lease: usize },
    Fail { lease: usize },
    Retry { lease: usize },
    Release { lease: usize },
    RequeueExpired,
    FailUnserved,
    Cancel { job: usize, token: usize },
    Abandon { job: usize, token: usize },
    Fetch { job: usize, token: usize },
    Archive,
    Announce { key: usize },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The job, or why there is none.
    Enqueued(Result<usize, &'static str>),
    /// The job and its attempts.
    Leased(Option<(usize, i32)>),
    /// Whether the lease was held; of a job that was abandoned, whether it ended.
    Held(bool),
    Cancelled(Cancelled),
    Fetched(Option<Fetched>),
    /// Requeued and failed, or archived and forgotten.
    Counts(u64, u64),
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// The one that was made by that lease.
    Proof(usize),
    Before,
    NoProof,
}

pub(crate) type Step = step::Step<Call>;

impl Call {
    fn token(&self) -> Option<usize> {
        match *self {
            Self::Cancel { token, .. } | Self::Abandon { token, .. } | Self::Fetch { token, .. } => Some(token),
            _ => None,
        }
    }

    /// The job that it changes, if it is one.
    pub(crate) fn job(&self, model: &Model) -> Option<usize> {
        match *self {
            Self::Heartbeat { lease }
            | Self::Complete { lease }
            | Self::Fail { lease }
            | Self::Retry { lease }
            | Self::Release { lease } => model.leases.get(lease).copied(),
            Self::Cancel { job, .. } | Self::Abandon { job, .. } | Self::Fetch { job, .. } => Some(job),
            _ => None,
        }
    }

    fn is_possible(&self, model: &Model) -> bool {
        let is_known = match self {
            Self::Heartbeat { lease }
            | Self::Complete { lease }
            | Self::Fail { lease }
            | Self::Retry { lease }
            | Self::Release { lease } => *lease < model.leases.len(),
            _ => self.job(model).is_none_or(|job| job < model.jobs.len()),
        };
        is_known && self.token().is_none_or(|token| token < model.tokens.len())
    }
}

/// A number below `count`, a new one rather than an old one.
fn recent(count: usize) -> BoxedStrategy<usize> {
    let newest = count.saturating_sub(3)..count;
    prop_oneof![2 => newest, 1 => 0..count].boxed()
}

/// A call, made of what it names.
type Made<T> = fn(T) -> Call;

/// A call that changes one job, by who knows its token or its lease, or by somebody else.
fn of_one_job(model: &Model) -> BoxedStrategy<Call> {
    let mut calls = vec![];
    if !model.leases.is_empty() {
        let lease = recent(model.leases.len());
        let by_lease: [(u32, Made<usize>); 5] = [
            (4, |lease| Call::Complete { lease }),
            (2, |lease| Call::Heartbeat { lease }),
            (2, |lease| Call::Retry { lease }),
            (1, |lease| Call::Fail { lease }),
            (1, |lease| Call::Release { lease }),
        ];
        calls.extend(by_lease.map(|(weight, call)| (weight, lease.clone().prop_map(call).boxed())));
    }
    let known = model.tokens.iter().enumerate().filter_map(|(token, known)| Some((known.job?, token)));
    let mut known: Vec<_> = known.collect();
    if !model.jobs.is_empty() {
        known.push((model.jobs.len() - 1, 0));
        known.push((0, model.tokens.len() - 1));
        let pair = select(known);
        let by_token: [(u32, Made<(usize, usize)>); 3] = [
            (2, |(job, token)| Call::Cancel { job, token }),
            (2, |(job, token)| Call::Abandon { job, token }),
            (4, |(job, token)| Call::Fetch { job, token }),
        ];
        calls.extend(by_token.map(|(weight, call)| (weight, pair.clone().prop_map(call).boxed())));
    }
    Union::new_weighted(calls).boxed()
}

/// Whoever works on a job ends it while whoever asked for it calls, too.
fn both_sides(model: &Model) -> Option<BoxedStrategy<Step>> {
    let of = |job: usize| (0..model.tokens.len()).find(|token| model.tokens[*token].job == Some(job));
    let held = model.jobs.iter().enumerate().filter_map(|(job, known)| match known.state {
        State::Leased(lease, _) => Some((lease, job, of(job)?)),
        _ => None,
    });
    let held: Vec<_> = held.collect();
    if held.is_empty() {
        return None;
    }
    let prover = select(vec![0, 0, 1, 2]);
    let client = 0..3;
    let calls = (select(held), prover, client, any::<bool>());
    let step = calls.prop_map(|((lease, job, token), prover, client, is_first)| {
        let prover = match prover {
            0 => Call::Complete { lease },
            1 => Call::Retry { lease },
            _ => Call::Release { lease },
        };
        let client = match client {
            0 => Call::Fetch { job, token },
            1 => Call::Cancel { job, token },
            _ => Call::Abandon { job, token },
        };
        if is_first { Step::Overlap(prover, client) } else { Step::Overlap(client, prover) }
    });
    Some(step.boxed())
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::new()).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Step> {
        let enqueue = (0..REQUESTS, 0..CLIENTS, any::<bool>());
        let enqueue = enqueue.prop_map(|(request, client, patient)| Call::Enqueue { request, client, patient });
        let anybody = prop_oneof![
            6 => enqueue,
            6 => (0..KEYS).prop_map(|key| Call::Lease { key }),
            2 => Just(Call::RequeueExpired),
            1 => Just(Call::FailUnserved),
            1 => Just(Call::Archive),
            1 => (0..KEYS).prop_map(|key| Call::Announce { key }),
        ];
        let pass = select(vec![400, 1_300, 1_300, 3_700, 11_000, 31 * 86_400]).prop_map(Step::Pass);
        if model.jobs.is_empty() {
            return prop_oneof![8 => anybody.prop_map(Step::Call), 1 => pass].boxed();
        }
        let two = (of_one_job(model), of_one_job(model));
        let mut steps = vec![
            (14, anybody.prop_map(Step::Call).boxed()),
            (14, of_one_job(model).prop_map(Step::Call).boxed()),
            (2, two.prop_map(|(first, second)| Step::Overlap(first, second)).boxed()),
            (3, pass.boxed()),
        ];
        steps.extend(both_sides(model).map(|step| (4, step)));
        Union::new_weighted(steps).boxed()
    }

    fn preconditions(model: &Self, step: &Step) -> bool {
        match step {
            Step::Call(call) => call.is_possible(model),
            // Who takes a token back does not use it at the same time.
            Step::Overlap(first, second) => {
                let abandons = |call: &Call| matches!(call, Call::Abandon { .. });
                first.is_possible(model)
                    && second.is_possible(model)
                    && first.job(model) == second.job(model)
                    && (first.token() != second.token() || abandons(first) == abandons(second))
            }
            Step::Pass(_) => true,
        }
    }

    fn apply(mut model: Self, step: &Step) -> Self {
        model.now += step.seconds();
        model.answers = step.calls().map(|call| model.call(call)).collect();
        model
    }
}
