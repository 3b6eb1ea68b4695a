//! End to end: the real API and prover as processes, the real `bb`, a private Postgres for each test.
//!
//! The binaries must be built; `./veilpass test` does that.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod architecture;
mod attacks;
mod bad_input;
mod bench_all;
mod chain_faults;
mod chain_parts;
mod chaos;
mod client_crate;
mod deck;
mod delegated;
mod demo;
mod demo_secrets;
mod deploy;
mod enrolment;
mod faults;
mod faulty_bb;
mod faulty_prover;
mod figures;
mod fleet;
mod grants;
mod hardening;
mod indexer;
mod job_ends;
mod journal;
mod leaves;
mod limits;
mod metrics;
mod migrate;
mod pages;
mod processes;
mod queue;
mod queue_limits;
mod rpc_faults;
mod schemathesis;
mod secrets;
mod settings;
mod settlement;
mod shared_state;
mod soak;
mod stack;
mod tree_budget;
