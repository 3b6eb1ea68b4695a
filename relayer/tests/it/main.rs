//! Against a real Postgres (`DATABASE_URL` names a server on which the tests may create databases), a real local chain
//! (`VEILPASS_LOCAL_CHAIN` names its binary) and real proofs.

#![expect(clippy::unwrap_used, reason = "a test panics")]

mod buffers;
mod chain;
mod faults;
mod formats;
mod kills;
mod outbox;
mod process;
mod proxy;
mod publish;
mod reclaim;
mod service;
mod settle;
mod world;
