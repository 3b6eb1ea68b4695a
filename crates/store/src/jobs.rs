//! The queue of proof jobs: leased rows.
//!
//! A prover leases a job (`FOR UPDATE SKIP LOCKED`), says by heartbeats that it is alive, and ends the job. Each lease
//! has a fresh id, the fence: a prover whose lease expired and was given to another cannot end the job any more. The
//! sealed witness leaves the row in the statement that ends the job.
//!
//! Which job is next is decided when it is queued: see [`ClientBucket`]. Ended jobs leave the table after a while, for an
//! archive that nothing here reads but the answer that they are gone.

mod archive;
mod cancel;
mod claims;
mod dead_letters;
mod enqueue;
mod failure;
mod fetch;
mod figures;
mod lease;
mod new_job;
#[cfg(test)]
mod plans;
mod requeue;
mod status;

pub use archive::{ARCHIVE_DAYS, ArchivedJob};
pub use cancel::Cancelled;
pub use claims::TokenHash;
pub use dead_letters::DeadLetters;
pub use enqueue::EnqueueError;
pub use failure::{AttemptFailure, JobFailure};
pub use fetch::{FetchOutcome, FetchedProof};
pub use figures::{KeyLoad, QueueDepth, QueueLoad};
pub use lease::LeasedJob;
pub use new_job::{CLIENT_BUCKETS, ClientBucket, NewJob};
pub use status::{ClaimedJob, JobOutcome, JobState, ProofJob};

/// How often a job is tried before it fails with [`JobFailure::AttemptsExhausted`].
pub const MAX_ATTEMPTS: i32 = 3;
