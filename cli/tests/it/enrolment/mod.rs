//! Enrolment of real tokens on a real chain.

mod duplicates;
mod endpoints;
mod honest;
mod import;
mod ownership;
mod requests;
mod sale;
mod sweep;
mod tokens;
mod wallet;
mod world;
