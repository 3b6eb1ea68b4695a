//! A discrete-event model of the service: what a load needs, and what a fleet carries.
//!
//! Arrivals ([`Arrivals`]) ask for proofs, an admission rule ([`AdmissionRule`]: the API's own) takes or refuses them,
//! a fair queue gives them to workers ([`Simulation`]), roots wait for their batch ([`RootScenario`]), settlements for
//! their relayer and for room in a block ([`SettlementScenario`]). What a step takes is in [`measured`], with the
//! command that measured it.
//!
//! A run is a function of its scenario, seed included: time is whole nanoseconds, random numbers are ChaCha8's, and
//! logarithms are those of the `libm` crate, so two machines print the same figures.
//!
//! What the model leaves out: the network between a listener and the API, failures of processes, and what requests that
//! are refused take away from provers on the same cores (`docs/scaling.md` says how much that is).

#![forbid(unsafe_code)]

mod admission;
mod arrivals;
mod chain;
mod engine;
mod fair_queue;
mod figure;
mod leaves;
pub mod measured;
mod outcome;
mod overload;
mod random;
mod roots;
mod scenario;
mod sizing;
mod standard;
mod table;
mod time;

pub use admission::AdmissionRule;
pub use arrivals::{Arrivals, Mix};
pub use chain::{BlockLimits, SettlementScenario, UploadFormat};
pub use engine::{Load, Simulation};
pub use figure::Figure;
pub use leaves::LeavesScenario;
pub use outcome::{ClassOutcome, Outcome, Samples};
pub use overload::{OverloadFigures, OverloadScenario};
pub use random::{Random, ServiceTime};
pub use roots::RootScenario;
pub use scenario::{Scenario, run};
pub use sizing::{FleetScenario, MonthScenario, Promise};
pub use standard::standard;
pub use table::{NoPlace, fill, markdown};
pub use time::Time;
