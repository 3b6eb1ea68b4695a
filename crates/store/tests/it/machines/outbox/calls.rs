//! What the API, relayers and their clocks can do to the outbox, and in what order.

use proptest::{prelude::*, sample::select, strategy::Union};
use proptest_state_machine::ReferenceStateMachine;

use super::model::Model;
use crate::machines::step;

const NULLIFIERS: u64 = 4;
const RELAYERS: u8 = 2;

/// A call. Leases and signatures by their numbers: 0 is the first that there was.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// By one who has not seen the newest root, or has.
    Publish {
        is_late: bool,
        /// Whether its root includes a revocation.
        revokes: bool,
    },
    Accept {
        nullifier: u64,
    },
    Lease,
    Keep {
        lease: usize,
    },
    Renew {
        lease: usize,
    },
    Record {
        lease: Option<usize>,
        signature: usize,
        decides: bool,
        lamports: u64,
    },
    Ended {
        signature: usize,
        outcome: Outcome,
    },
    End {
        lease: usize,
        end: End,
    },
    Lead {
        relayer: u8,
    },
    Resign,
    /// The leader's connection breaks.
    Crash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Landed,
    Refused,
    Expired,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Wait(u64),
    Retry(u64),
    Confirmed(u64),
    Final,
    Failed { is_spent: bool },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Did(bool),
    /// The intent, whether the chain was seen to have it, and how often it was put off.
    Leased(Option<(usize, bool, u32)>),
    Recorded(&'static str),
}

pub(crate) type Step = step::Step<Call>;

impl End {
    pub(crate) fn after(self) -> u64 {
        match self {
            Self::Wait(after) | Self::Retry(after) | Self::Confirmed(after) => after,
            Self::Final | Self::Failed { .. } => 0,
        }
    }
}

impl Call {
    fn lease(&self) -> Option<usize> {
        match *self {
            Self::Keep { lease } | Self::Renew { lease } | Self::End { lease, .. } => Some(lease),
            Self::Record { lease, .. } => lease,
            _ => None,
        }
    }

    /// The intent that it changes, if it is one.
    pub(crate) fn intent(&self, model: &Model) -> Option<usize> {
        self.lease().and_then(|lease| model.leases.get(lease).copied())
    }

    fn is_possible(&self, model: &Model) -> bool {
        let is_known = match self {
            Self::Ended { signature, .. } => model.transactions.iter().any(|t| t.signature == *signature),
            // What decides an intent has a lease of it.
            Self::Record { lease: None, decides, .. } => !decides,
            _ => true,
        };
        is_known && self.lease().is_none_or(|lease| lease < model.leases.len())
    }
}

/// A call by one who has, or had, a lease.
fn by_lease(model: &Model) -> BoxedStrategy<Call> {
    let count = model.leases.len();
    let lease = prop_oneof![3 => count.saturating_sub(3)..count, 1 => 0..count].boxed();
    let after = select(vec![0, 500, 1_300]);
    let end = prop_oneof![
        1 => after.clone().prop_map(End::Wait),
        2 => after.clone().prop_map(End::Retry),
        2 => after.prop_map(End::Confirmed),
        2 => Just(End::Final),
        2 => any::<bool>().prop_map(|is_spent| End::Failed { is_spent }),
    ];
    let (newest, record) = (model.transactions.len(), lease.clone());
    Union::new_weighted(vec![
        (1, lease.clone().prop_map(|lease| Call::Keep { lease }).boxed()),
        (1, lease.clone().prop_map(|lease| Call::Renew { lease }).boxed()),
        (4, (lease, end).prop_map(|(lease, end)| Call::End { lease, end }).boxed()),
        (
            5,
            (record, any::<bool>(), 1..5_u64, 0..5_usize)
                .prop_map(move |(lease, decides, lamports, back)| {
                    // The next signature, or one that was there.
                    let signature = if back < 4 { newest } else { newest.saturating_sub(1) };
                    Call::Record { lease: Some(lease), signature, decides, lamports }
                })
                .boxed(),
        ),
    ])
    .boxed()
}

fn of_transactions(model: &Model) -> BoxedStrategy<Call> {
    let signatures: Vec<_> = model.transactions.iter().map(|t| t.signature).collect();
    let outcome = select(vec![Outcome::Landed, Outcome::Refused, Outcome::Expired]);
    (select(signatures), outcome).prop_map(|(signature, outcome)| Call::Ended { signature, outcome }).boxed()
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::new()).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Step> {
        let signature = model.transactions.len();
        let housekeeping =
            (1..3_u64).prop_map(move |lamports| Call::Record { lease: None, signature, decides: false, lamports });
        let anybody = prop_oneof![
            2 => (prop::bool::weighted(0.25), any::<bool>())
                .prop_map(|(is_late, revokes)| Call::Publish { is_late, revokes }),
            4 => (0..NULLIFIERS).prop_map(|nullifier| Call::Accept { nullifier }),
            7 => Just(Call::Lease),
            1 => housekeeping,
            1 => (0..RELAYERS).prop_map(|relayer| Call::Lead { relayer }),
            1 => prop_oneof![Just(Call::Resign), Just(Call::Crash)],
        ];
        let pass = select(vec![400, 700, 1_300, 1_300, 90_000]).prop_map(Step::Pass);
        let mut steps = vec![(14, anybody.prop_map(Step::Call).boxed()), (3, pass.boxed())];
        if !model.leases.is_empty() {
            steps.push((14, by_lease(model).prop_map(Step::Call).boxed()));
            let two = (by_lease(model), by_lease(model));
            steps.push((4, two.prop_map(|(first, second)| Step::Overlap(first, second)).boxed()));
        }
        if !model.transactions.is_empty() {
            steps.push((4, of_transactions(model).prop_map(Step::Call).boxed()));
        }
        Union::new_weighted(steps).boxed()
    }

    fn preconditions(model: &Self, step: &Step) -> bool {
        match step {
            Step::Call(call) => call.is_possible(model),
            Step::Overlap(first, second) => {
                // Of two new names at once the first is never seen.
                let renews = |call: &Call| matches!(call, Call::Renew { .. });
                let possible =
                    first.is_possible(model) && second.is_possible(model) && !(renews(first) && renews(second));
                possible && first.intent(model).is_some() && first.intent(model) == second.intent(model)
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
