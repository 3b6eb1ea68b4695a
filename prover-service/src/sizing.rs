//! How many workers fit, and what is left for trees.

use std::num::NonZeroUsize;

/// What trees may take unless told otherwise, in bytes, if there is twice as much.
const DEFAULT_TREES: u64 = 1_024_000_000;
/// What the prover takes besides its workers and trees, in bytes: itself, its connections, proofs in flight.
const OWN_BYTES: u64 = 64_000_000;

/// How the prover's memory is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizing {
    /// Number of workers.
    pub(crate) workers: usize,
    /// Most that everything may take together, in bytes.
    pub(crate) budget: u64,
    /// Most that the trees may take of it, in bytes.
    pub(crate) trees: u64,
}

/// The number of workers does not fit the memory.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{workers} workers of {worker_mb} MB, one standby, {trees_mb} MB of trees and 64 MB for the prover itself do not fit \
     {budget_mb} MB: lower --workers, --worker-memory-mb or --tree-memory-mb, or raise --memory-mb"
)]
pub(crate) struct TooManyWorkers {
    workers: usize,
    worker_mb: u64,
    trees_mb: u64,
    budget_mb: u64,
}

impl Sizing {
    /// As many workers as there are cores, as far as the memory is enough for them and for one standby; one in any case. `budget` is
    /// what the prover may take; by default four fifths of what there is. All in bytes.
    pub(crate) fn new(
        asked: Option<NonZeroUsize>,
        cores: usize,
        budget: Option<u64>,
        total: u64,
        worker: u64,
        trees: Option<u64>,
    ) -> Result<Self, TooManyWorkers> {
        let budget = budget.unwrap_or(total / 5 * 4);
        let trees = trees.unwrap_or_else(|| DEFAULT_TREES.min(budget / 2));
        let fitting = (budget.saturating_sub(OWN_BYTES + trees) / worker.max(1)).saturating_sub(1) as usize;
        match asked.map(NonZeroUsize::get) {
            Some(workers) if workers > fitting => {
                let mb = |bytes: u64| bytes / 1_000_000;
                Err(TooManyWorkers { workers, worker_mb: mb(worker), trees_mb: mb(trees), budget_mb: mb(budget) })
            }
            Some(workers) => Ok(Self { workers, budget, trees }),
            None => Ok(Self { workers: cores.min(fitting).max(1), budget, trees }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    #[test]
    fn workers_are_as_many_as_cores_unless_memory_is_short() {
        let size = |asked: Option<usize>, cores, total| {
            Sizing::new(asked.and_then(NonZeroUsize::new), cores, None, total, 64 * MB, Some(100 * MB))
                .map(|it| it.workers)
        };
        assert_eq!(size(None, 4, 16_000 * MB), Ok(4));
        // 80 % of 512 MB: 409 - 64 - 100 = 245 MB, three workers of which one is the standby.
        assert_eq!(size(None, 4, 512 * MB), Ok(2));
        assert_eq!(size(None, 4, 100 * MB), Ok(1), "one in any case");
        let trees = |total| Sizing::new(None, 2, None, total, 64 * MB, None).map(|it| it.trees);
        assert_eq!((trees(16_000 * MB), trees(1_000 * MB)), (Ok(1_024 * MB), Ok(400 * MB)));
        let message = size(Some(8), 4, 512 * MB).unwrap_err().to_string();
        assert!(message.contains("8 workers") && message.contains("409 MB"), "{message}");
    }
}
