//! Against the real local chain and a real Postgres: `DATABASE_URL` names a server on which the tests may create databases.
//! `./veilpass test` starts a private one.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod chain;
mod follow;
mod process;
mod proxy;
mod repair;
mod settle;
mod unreadable;
