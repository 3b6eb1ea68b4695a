//! Against a real Postgres: `DATABASE_URL` names a server on which the tests may create databases, one for each test.
//! `./veilpass test` starts a private one.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod chain;
mod fixture;
mod jobs;
mod leaves;
mod roots;
mod rows;
mod verifications;
