//! Why a change to the tree is refused.

/// Why a change to the tree is refused. The tree is as it was before the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// The place has never been used, and is not the next one either.
    #[error("leaf index {index} is out of range: the tree has {len} places in use")]
    OutOfRange {
        /// The index asked for.
        index: u32,
        /// Places in use when it was asked for, counting the earlier changes of the same call.
        len: u64,
    },
    /// All 2^32 places are in use: the registry needs a second tree.
    #[error("the tree is full: all 2^32 places are in use")]
    Full,
}
