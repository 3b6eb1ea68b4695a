//! What the model is asked.

use crate::{Figure, FleetScenario, LeavesScenario, MonthScenario, OverloadScenario, RootScenario, SettlementScenario};

/// One question.
#[derive(Clone, Debug)]
pub enum Scenario {
    /// What does this many proofs a month need?
    Month(MonthScenario),
    /// What does this fleet carry?
    Fleet(FleetScenario),
    /// What happens at twice the load that a fleet carries?
    Overload(OverloadScenario),
    /// How long does an enrolment wait until it counts?
    Roots(RootScenario),
    /// How many settlements does the chain take?
    Settlement(SettlementScenario),
    /// What do this many leaves need?
    Leaves(LeavesScenario),
}

/// Answers all, in their order. The same scenarios have the same answers.
pub fn run(scenarios: &[Scenario]) -> Vec<Figure> {
    let answer = |scenario: &Scenario| match scenario {
        Scenario::Month(month) => month.figures(),
        Scenario::Fleet(fleet) => fleet.figures(),
        Scenario::Overload(overload) => overload.figures(),
        Scenario::Roots(roots) => roots.figures(),
        Scenario::Settlement(settlement) => settlement.figures(),
        Scenario::Leaves(leaves) => leaves.figures(),
    };
    scenarios.iter().flat_map(answer).collect()
}
