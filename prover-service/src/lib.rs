//! The prover: leases a job, opens its sealed witness, finds the leaf's path in its own tree, solves the circuit
//! (acvm), proves (a warm `bb` over a pipe), verifies the proof against the pinned key, and stores it.
//!
//! - `service.rs`, `config.rs`, `sizing.rs`: starting and stopping, settings, how many workers fit
//! - `jobs.rs`, `prove.rs`: a slot's work; one job from its envelope to a proof
//! - `key_ring.rs`, `trees/`, `solver.rs`: what a job needs: the key that opens it, the path, the witness
//! - `engine/`, `pool/`: one `bb`; all of them, and when one is replaced
//! - `memory_gate.rs`, `housekeeping.rs`, `reports.rs`, `history.rs`: what goes on beside jobs
//!
//! Solver and engine are public so that benches and tests can drive them without a database.

mod config;
mod engine;
mod history;
mod housekeeping;
mod jobs;
mod key_file;
mod key_ring;
mod key_rotation;
mod machine;
mod memory_gate;
mod pool;
mod prove;
mod reports;
mod service;
mod sizing;
mod solver;
mod stages;
mod trees;

pub use config::Config;
pub use engine::{EngineConfig, EngineError, MemoryLimit, Proof, ProvingEngine};
pub use key_file::KeyFileError;
pub use service::run;
pub use solver::{ArtifactError, OwnershipInputs, SolveError, Solver, Witness};
