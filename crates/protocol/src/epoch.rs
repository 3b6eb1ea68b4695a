//! Epochs: the periods in which an identity can be spent once for each track.

use serde::{Deserialize, Serialize};

use crate::field::FieldElement;

/// Number of an epoch: whole epoch lengths since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch as a public input.
    pub fn element(self) -> FieldElement {
        FieldElement::from_u64(self.0)
    }
}

/// When a registry's epochs begin and how long the last one stays acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochPolicy {
    /// Length of an epoch, in seconds; at least 1.
    pub length_seconds: u64,
    /// For how long after its end an epoch is still accepted, in seconds; below `length_seconds`.
    pub grace_seconds: u64,
}

impl EpochPolicy {
    /// The epoch at a time, in seconds since the Unix epoch.
    pub fn at(self, unix_seconds: u64) -> Epoch {
        Epoch(unix_seconds / self.length_seconds)
    }

    /// Whether a proof for `epoch` is acceptable now: the current epoch, or the previous one within the grace.
    pub fn accepts(self, epoch: Epoch, unix_seconds: u64) -> bool {
        let current = self.at(unix_seconds);
        epoch == current
            || (epoch.0.checked_add(1) == Some(current.0) && unix_seconds % self.length_seconds < self.grace_seconds)
    }

    /// The first time, in seconds since the Unix epoch, from which `epoch` is not accepted any more.
    pub fn accepted_until(self, epoch: Epoch) -> u64 {
        epoch.0.saturating_add(1).saturating_mul(self.length_seconds).saturating_add(self.grace_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_epoch_and_the_last_within_its_grace() {
        let policy = EpochPolicy { length_seconds: 100, grace_seconds: 10 };
        assert_eq!(policy.at(1234), Epoch(12));
        assert!(policy.accepts(Epoch(12), 1234));
        assert!(policy.accepts(Epoch(11), 1209));
        assert!(!policy.accepts(Epoch(11), 1210));
        assert!(!policy.accepts(Epoch(13), 1299));
        assert!(!policy.accepts(Epoch(10), 1200));
        assert!(!policy.accepts(Epoch(u64::MAX), 5));
        let until = policy.accepted_until(Epoch(11));
        assert!(policy.accepts(Epoch(11), until - 1) && !policy.accepts(Epoch(11), until));
        assert_eq!(policy.accepted_until(Epoch(u64::MAX)), u64::MAX);
    }
}
