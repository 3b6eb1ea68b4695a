//! Enrolment of real tokens on a real chain.

mod duplicates;
mod honest;
mod ownership;
mod requests;
mod sale;
mod sweep;
mod tokens;
mod wallet;
mod world;
