//! One file for each kind of resource.

mod abandon;
pub(crate) mod anonymity;
pub(crate) mod assets;
pub(crate) mod challenges;
pub(crate) mod enrolments;
pub(crate) mod grant_tokens;
pub(crate) mod grants;
pub(crate) mod health;
pub(crate) mod info;
pub(crate) mod job_events;
pub(crate) mod job_result;
pub(crate) mod job_status;
pub(crate) mod jwks;
pub(crate) mod leaves;
pub(crate) mod proof_view;
pub(crate) mod proofs;
pub(crate) mod prover_keys;
mod queueing;
pub(crate) mod reference_string;
pub(crate) mod registries;
mod registry_path;
pub(crate) mod verification_view;
pub(crate) mod verifications;
