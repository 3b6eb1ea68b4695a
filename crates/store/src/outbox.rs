//! The outbox: what the chain must be told.

mod attempts;
mod lease;
pub(crate) mod settlement;

pub use attempts::{AttemptOutcome, AttemptRecorded, ChainAttempt, ChainStep};
pub use lease::{IntentEnd, IntentLease, IntentTask, LeasedIntent};
