//! Where a relayer is, for tests that stop it there.

use futures_util::future::BoxFuture;

/// Where a relayer is: tests stop it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoint {
    /// An intent was leased.
    Leased,
    /// The chain was read.
    Planned,
    /// A transaction was simulated.
    Simulated,
    /// It was recorded, and not sent.
    Recorded,
    /// It was sent.
    Sent,
    /// Its status was asked and recorded.
    Watched,
    /// All is done but to say so.
    Concluded,
}

/// Is told where a relayer is, and may hold it there.
pub trait Observer: Send + Sync {
    /// The relayer goes on when this completes.
    fn reached(&self, checkpoint: Checkpoint) -> BoxFuture<'_, ()>;
}
