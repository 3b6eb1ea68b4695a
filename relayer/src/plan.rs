//! What is left to do for an intent, as the chain shows it.

use std::time::Duration;

use crate::{sender::Outgoing, verdict::Verdict};

/// The next step.
#[derive(Debug)]
pub(crate) enum Plan {
    /// These transactions, in any order.
    Send(Vec<Outgoing>),
    /// Another proof buffer: somebody sent money to the address of this one, so that no account can be made there.
    RenewBuffer,
    /// Nothing: it is done.
    Done,
    /// Nothing: it cannot be done.
    Refused(Verdict),
    /// Nothing now.
    Wait {
        /// When to look again.
        after: Duration,
        /// What is in the way, if it is more than an order of things.
        words: Option<String>,
    },
}
