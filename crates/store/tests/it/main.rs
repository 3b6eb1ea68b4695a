//! Against a real Postgres: `DATABASE_URL` names a server on which the tests may create databases, one for each test.
//! `./veilpass test` starts a private one.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod anchored;
mod both_forks;
mod chain;
mod claims;
mod duplicates;
mod endings;
mod enrolments;
mod events;
mod fairness;
mod figures;
mod fixture;
mod grants;
mod history;
mod imports;
mod jobs;
mod leadership;
mod leaf_versions;
mod leaves;
mod machines;
mod prover_keys;
mod relay_figures;
mod replica_place;
mod roots;
mod rows;
mod service_reports;
mod settlement;
mod signals;
mod verifications;
