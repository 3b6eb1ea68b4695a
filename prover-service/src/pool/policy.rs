//! When a worker is replaced. Decisions only: nothing here starts or ends a process.

use std::time::Duration;

/// Share of its limit at which a worker's standby is prepared, and at which the standby takes over, in percent.
const PREPARE_PERCENT: u64 = 70;
const SWAP_PERCENT: u64 = 90;
/// A worker is slow when its proofs take so many times what its canary took.
const SLOW_FACTOR: u32 = 3;
/// How many proofs it takes to call a worker slow.
const SLOW_AFTER: u64 = 8;
/// A standby for a slow worker must be so many times faster: else it is the machine that is slow.
const FASTER_FACTOR: u32 = 2;
/// A standby that is ready takes over after this long in any case: there is only one for all workers.
const STANDBY_PATIENCE: Duration = Duration::from_secs(60);

/// When workers are replaced, besides when they fail.
#[derive(Clone, Debug)]
pub(crate) struct ReplacementPolicy {
    /// The worker's memory limit, in bytes.
    pub(crate) memory_limit: Option<u64>,
    /// After how many proofs.
    pub(crate) max_proofs: u64,
    /// At what age.
    pub(crate) max_age: Duration,
}

/// Why a worker is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SwapReason {
    /// It nears its memory limit.
    Memory,
    /// It has made many proofs.
    Proofs,
    /// It has lived long.
    Age,
    /// It crashed, hung, or answered nonsense.
    Failure,
    /// It has become slower than a fresh one is.
    Slow,
    /// Somebody asked for it.
    Operator,
}

impl SwapReason {
    /// All of them.
    pub(crate) const ALL: [Self; 6] =
        [Self::Memory, Self::Proofs, Self::Age, Self::Failure, Self::Slow, Self::Operator];

    /// The reason's stable name, in logs and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Proofs => "proofs",
            Self::Age => "age",
            Self::Failure => "failure",
            Self::Slow => "slow",
            Self::Operator => "operator",
        }
    }
}

/// What a worker is judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) resident_bytes: u64,
    pub(super) proofs: u64,
    pub(super) age: Duration,
    pub(super) mean_proof: Duration,
    pub(super) canary: Duration,
}

/// What becomes of a standby that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StandbyDecision {
    /// It waits.
    Keep,
    /// It takes over.
    Swap,
    /// It is no better: the worker stays.
    Discard,
}

impl ReplacementPolicy {
    /// Why a standby should be prepared for this worker, if one should.
    pub(super) fn reason_to_prepare(&self, worker: &Reading) -> Option<SwapReason> {
        if self.share(worker).is_some_and(|percent| percent >= PREPARE_PERCENT) {
            Some(SwapReason::Memory)
        } else if worker.proofs >= self.max_proofs {
            Some(SwapReason::Proofs)
        } else if worker.age >= self.max_age {
            Some(SwapReason::Age)
        } else if worker.proofs >= SLOW_AFTER && worker.mean_proof > worker.canary * SLOW_FACTOR {
            Some(SwapReason::Slow)
        } else {
            None
        }
    }

    /// What to do with a standby that has been ready for `ready_for`, and whose own canary took `standby_canary`.
    pub(super) fn judge(
        &self,
        reason: SwapReason,
        worker: &Reading,
        ready_for: Duration,
        standby_canary: Duration,
    ) -> StandbyDecision {
        match reason {
            SwapReason::Memory if ready_for < STANDBY_PATIENCE => {
                match self.share(worker).is_some_and(|percent| percent >= SWAP_PERCENT) {
                    true => StandbyDecision::Swap,
                    false => StandbyDecision::Keep,
                }
            }
            SwapReason::Slow if worker.mean_proof < standby_canary * FASTER_FACTOR => StandbyDecision::Discard,
            _ => StandbyDecision::Swap,
        }
    }

    /// Whether a worker takes more than its limit, which the kernel should not have allowed.
    pub(super) fn is_over_limit(&self, worker: &Reading) -> bool {
        self.share(worker).is_some_and(|percent| percent > 100)
    }

    fn share(&self, worker: &Reading) -> Option<u64> {
        Some(worker.resident_bytes * 100 / self.memory_limit?.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: ReplacementPolicy =
        ReplacementPolicy { memory_limit: Some(1000), max_proofs: 100, max_age: Duration::from_secs(3600) };
    const FRESH: Reading = Reading {
        resident_bytes: 300,
        proofs: 0,
        age: Duration::ZERO,
        mean_proof: Duration::from_millis(150),
        canary: Duration::from_millis(150),
    };
    const CANARY: Duration = Duration::from_millis(150);

    #[test]
    fn a_standby_is_prepared_at_seventy_percent_and_takes_over_at_ninety() {
        let at = |resident_bytes| Reading { resident_bytes, ..FRESH };
        assert_eq!(POLICY.reason_to_prepare(&at(699)), None);
        assert_eq!(POLICY.reason_to_prepare(&at(700)), Some(SwapReason::Memory));
        let judge = |bytes, ready_for| POLICY.judge(SwapReason::Memory, &at(bytes), ready_for, CANARY);
        assert_eq!(judge(899, Duration::ZERO), StandbyDecision::Keep);
        assert_eq!(judge(900, Duration::ZERO), StandbyDecision::Swap);
        assert_eq!(judge(700, STANDBY_PATIENCE), StandbyDecision::Swap, "the only standby is not held for ever");
        assert!(!POLICY.is_over_limit(&at(1000)) && POLICY.is_over_limit(&at(1011)));
    }

    #[test]
    fn proofs_and_age_replace_at_once() {
        let worn = Reading { proofs: 100, ..FRESH };
        assert_eq!(POLICY.reason_to_prepare(&worn), Some(SwapReason::Proofs));
        assert_eq!(POLICY.judge(SwapReason::Proofs, &worn, Duration::ZERO, CANARY), StandbyDecision::Swap);
        let old = Reading { age: Duration::from_secs(3600), ..FRESH };
        assert_eq!(POLICY.reason_to_prepare(&old), Some(SwapReason::Age));
    }

    #[test]
    fn a_slow_worker_is_replaced_only_by_a_faster_one() {
        let slow = Reading { proofs: 8, mean_proof: Duration::from_millis(500), ..FRESH };
        assert_eq!(POLICY.reason_to_prepare(&slow), Some(SwapReason::Slow));
        assert_eq!(POLICY.reason_to_prepare(&Reading { proofs: 7, ..slow }), None, "one slow proof is no slow worker");
        let judge = |canary| POLICY.judge(SwapReason::Slow, &slow, Duration::ZERO, Duration::from_millis(canary));
        assert_eq!(judge(150), StandbyDecision::Swap);
        assert_eq!(judge(400), StandbyDecision::Discard, "the machine is slow, not the worker");
    }

    #[test]
    fn without_a_limit_memory_is_no_reason() {
        let policy = ReplacementPolicy { memory_limit: None, ..POLICY };
        assert_eq!(policy.reason_to_prepare(&Reading { resident_bytes: u64::MAX / 200, ..FRESH }), None);
    }
}
