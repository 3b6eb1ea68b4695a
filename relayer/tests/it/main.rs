//! Against a real Postgres (`DATABASE_URL` names a server on which the tests may create databases), a real local chain
//! (`VEILPASS_LOCAL_CHAIN` names its binary) and real proofs.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod chain;
mod publish;
mod settle;
mod world;
