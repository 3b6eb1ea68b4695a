//! Enrolment of real tokens on a real chain.

mod duplicates;
mod endpoints;
mod honest;
mod import;
mod ownership;
mod replacement;
mod requests;
mod sale;
mod sweep;
pub(crate) mod tokens;
pub(crate) mod wallet;
mod world;
