//! The relayer: the only holder of the fee payer's key. Publishes roots and settles proofs, from the outbox in
//! Postgres.
//!
//! Exactly once, whoever crashes when: an intent is leased by one relayer at a time; a transaction is recorded before
//! it is sent, and nothing else is sent for its intent until it landed or can never land; and each step is derived from
//! what the chain shows, not from what the relayer remembers.

mod config;
mod figures;
mod housekeeping;
mod observer;
mod options;
mod plan;
mod price;
mod publish;
mod pursuit;
mod relayer;
mod root_batches;
mod rpc_pool;
mod sender;
mod service;
mod settle;
mod trouble;
mod verdict;
mod view;
mod watch;

pub use config::{Config, UploadFormat};
pub use observer::{Checkpoint, Observer};
pub use options::RelayerOptions;
pub use relayer::Relayer;
pub use root_batches::{BatchOptions, RootBatches};
pub use rpc_pool::{RpcFailure, RpcPool};
pub use service::run;
pub use verdict::{Verdict, judge, words};
