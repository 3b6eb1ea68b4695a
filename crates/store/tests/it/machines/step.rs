//! What happens to a machine next.

/// A step of a machine whose calls are `C`.
#[derive(Clone, Debug)]
pub(crate) enum Step<C> {
    /// One call. A process that crashes makes no more calls, and that is all.
    Call(C),
    /// Two calls that change one row, and that both begin before either ends.
    Overlap(C, C),
    /// So many seconds.
    Pass(u64),
}

impl<C> Step<C> {
    /// The calls that it makes, in the order in which they get the row.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &C> {
        let (first, second) = match self {
            Self::Call(call) => (Some(call), None),
            Self::Overlap(first, second) => (Some(first), Some(second)),
            Self::Pass(_) => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// How long it takes, in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        if let Self::Pass(seconds) = self { *seconds } else { 0 }
    }
}
