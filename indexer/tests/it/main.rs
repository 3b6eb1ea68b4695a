//! Against the real local chain and a real Postgres: `DATABASE_URL` names a server on which the tests may create databases.
//! `./veilpass test` starts a private one.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod chain;
mod faults;
mod follow;
mod forks;
mod kills;
mod process;
mod repair;
mod settle;
mod unreadable;
