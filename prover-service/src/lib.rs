//! The prover: leases a job, opens its sealed witness, finds the leaf's path in its own tree, solves the circuit
//! (acvm), proves (a warm `bb` over a pipe), verifies the proof against the pinned key, and stores it.
//!
//! The pieces are public so that benches and tests can drive them without a database.

mod config;
mod engine;
mod history;
mod housekeeping;
mod jobs;
mod key_file;
mod key_ring;
mod machine;
mod pool;
mod prove;
mod service;
mod solver;
mod stages;
mod trees;

pub use config::Config;
pub use engine::{EngineConfig, EngineError, MemoryLimit, Proof, ProvingEngine};
pub use key_file::KeyFileError;
pub use service::run;
pub use solver::{OwnershipInputs, SolveError, Solver, Witness};
