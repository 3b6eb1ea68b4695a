//! The Veilpass indexer: follows the program on chain, and keeps its events as rows.
//!
//! The ledger is the truth and is polled: which transactions named the program since the cursor, and what each of them did.
//! A WebSocket only says when to look. Rows are written when their transaction is confirmed, marked when it is final, and
//! removed when its fork died; a batch of rows and the cursor are one database transaction, so that the indexer may be
//! killed at any time.
//!
//! - `service.rs`, `hint.rs`: when to look; `follow.rs`: one look, from the cursor to the newest slot
//! - `ledger.rs`, `batch.rs`, `fetch.rs`: asking the node; `events.rs`: what a transaction did
//! - `figures.rs`, `timed.rs`: how far behind, how long it takes

mod batch;
mod config;
mod error;
mod events;
mod fetch;
mod figures;
mod follow;
mod hint;
mod ledger;
mod service;
mod timed;

pub use config::Config;
pub use error::FollowError;
pub use follow::{Follower, Polled};
pub use ledger::{Ledger, LedgerError};
pub use service::run;
