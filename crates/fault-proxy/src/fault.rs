//! What may go wrong with one request.

use rand::{Rng, seq::IndexedRandom};
use serde_json::{Value, json};

/// What goes wrong with one request. A batch of calls fails as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It is taken, and never answered.
    TimeOut,
    /// The connection ends without an answer.
    Disconnect,
    /// HTTP 429.
    TooManyRequests {
        /// The header `Retry-After`.
        retry_after_seconds: Option<u64>,
    },
    /// HTTP 503.
    Unavailable,
    /// -32005: the node says that it is behind.
    NodeBehind,
    /// -32004: the block is not available.
    BlockNotAvailable,
    /// -32014: the block's status is not yet available.
    BlockStatusNotAvailable,
    /// -32016: the node has not reached the slot that it is asked about.
    SlotNotReached,
    /// The answer stops in the middle, and the connection with it.
    Truncated,
    /// A web page in place of an answer, as of a proxy on the way.
    Nonsense,
    /// A transaction is passed on twice. Other requests are answered.
    SendTwice,
    /// A transaction is acknowledged and not passed on. Other requests are answered.
    SwallowSend,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::TimeOut,
        Self::Disconnect,
        Self::TooManyRequests { retry_after_seconds: Some(1) },
        Self::Unavailable,
        Self::NodeBehind,
        Self::BlockNotAvailable,
        Self::BlockStatusNotAvailable,
        Self::SlotNotReached,
        Self::Truncated,
        Self::Nonsense,
        Self::SendTwice,
        Self::SwallowSend,
    ];

    /// One of all, each as likely as the others.
    pub fn draw(rng: &mut impl Rng) -> Self {
        *Self::ALL.choose(rng).unwrap_or(&Self::TimeOut)
    }

    /// The error member of a JSON-RPC answer, word for word what Agave says.
    pub(crate) fn error(self) -> Option<Value> {
        Some(match self {
            Self::NodeBehind => {
                json!({"code": -32005, "message": "Node is behind by 42 slots", "data": {"numSlotsBehind": 42}})
            }
            Self::BlockNotAvailable => json!({"code": -32004, "message": "Block not available for slot 42"}),
            Self::BlockStatusNotAvailable => {
                json!({"code": -32014, "message": "Block status not yet available for slot 42"})
            }
            Self::SlotNotReached => json!({
                "code": -32016, "message": "Minimum context slot has not been reached", "data": {"contextSlot": 42},
            }),
            _ => return None,
        })
    }
}
