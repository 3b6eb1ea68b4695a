//! Against a real Postgres: `DATABASE_URL` names a server on which the tests may create databases, one for each test.
//! `./veilpass test` starts a private one.

mod fixture;
mod jobs;
mod leaves;
mod roots;
mod rows;
mod verifications;
