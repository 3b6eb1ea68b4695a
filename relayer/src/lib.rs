//! The relayer: the only holder of the fee payer's key. Publishes roots and settles proofs, from the outbox in
//! Postgres.
//!
//! Exactly once, whoever crashes when: an intent is leased by one relayer at a time; a transaction is recorded before
//! it is sent, and nothing else is sent for its intent until it landed or can never land; and each step is derived from
//! what the chain shows, not from what the relayer remembers.
//!
//! - `service.rs`, `relayer.rs`: the process; one intent, leased and worked on
//! - `root_batches.rs`: when the tree gets its next root
//! - `pursuit.rs`, `publish.rs`, `settle.rs`: what the chain lacks of an intent; `sender.rs`, `watch.rs`, `price.rs`: sending it
//! - `rpc_pool.rs`, `view.rs`, `verdict.rs`: asking the chain, and what its errors mean
//! - `housekeeping.rs`, `figures.rs`: rents that come back, the balance, metrics

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
pub use price::price_offer;
pub use relayer::Relayer;
pub use root_batches::{BatchOptions, RootBatches};
pub use rpc_pool::{RpcFailure, RpcPool};
pub use service::run;
pub use verdict::{Verdict, judge, words};
