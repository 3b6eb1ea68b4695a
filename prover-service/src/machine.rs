//! The memory of this machine, or of the control group that this process is confined to; and how many workers fit.

use std::{fs, num::NonZeroUsize, path::Path};

/// What trees may take unless told otherwise, in bytes, if there is twice as much.
const DEFAULT_TREES: u64 = 1_024_000_000;
/// What the prover takes besides its workers and trees, in bytes: itself, its connections, proofs in flight.
const OWN_BYTES: u64 = 64_000_000;

/// Memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MachineMemory {
    /// What there is.
    pub(crate) total: u64,
    /// What can still be taken without swapping.
    pub(crate) available: u64,
}

impl MachineMemory {
    /// Reads it. `None` without `/proc`.
    pub(crate) fn read() -> Option<Self> {
        let machine = parse_meminfo(&fs::read_to_string("/proc/meminfo").ok()?)?;
        let confined = confinement(Path::new("/sys/fs/cgroup"));
        Some(match confined {
            Some(group) if group.total < machine.total => {
                Self { total: group.total, available: group.available.min(machine.available) }
            }
            _ => machine,
        })
    }
}

fn parse_meminfo(text: &str) -> Option<MachineMemory> {
    let kib = |key: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some(MachineMemory { total: kib("MemTotal:")? * 1024, available: kib("MemAvailable:")? * 1024 })
}

/// The limit of a container, as it sees itself: at the root of its control groups.
fn confinement(root: &Path) -> Option<MachineMemory> {
    let number = |file: &str| fs::read_to_string(root.join(file)).ok()?.trim().parse::<u64>().ok();
    let (total, used, stat) = match number("memory.max") {
        Some(max) => (max, number("memory.current")?, "memory.stat"),
        None => {
            (number("memory/memory.limit_in_bytes")?, number("memory/memory.usage_in_bytes")?, "memory/memory.stat")
        }
    };
    // Pages of files that nobody has mapped are given back when needed.
    let stat = fs::read_to_string(root.join(stat)).unwrap_or_default();
    let inactive = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.parse::<u64>().ok()).unwrap_or(0);
    Some(MachineMemory { total, available: total.saturating_sub(used.saturating_sub(inactive)) })
}

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
    /// As many workers as there are cores, if the memory is enough for them and for one standby. `budget` is what the
    /// prover may take; by default four fifths of what there is. All in bytes.
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

/// Whether jobs may be taken: not while the machine has less memory left than a worker may need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryGate {
    least: u64,
    is_open: bool,
}

impl MemoryGate {
    /// Open. `worker` is the limit of one worker, in bytes.
    pub(crate) fn new(worker: u64) -> Self {
        Self { least: worker, is_open: true }
    }

    /// Decides anew. Closes below the least, and opens again only well above, so that it does not flutter.
    pub(crate) fn update(&mut self, available: u64) -> bool {
        self.is_open = available >= if self.is_open { self.least } else { self.least * 3 / 2 };
        self.is_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        let text = "MemTotal:       16384 kB\nMemFree:          100 kB\nMemAvailable:    8192 kB\n";
        assert_eq!(parse_meminfo(text), Some(MachineMemory { total: 16384 << 10, available: 8192 << 10 }));
        let real = MachineMemory::read().unwrap();
        assert!(real.total > 100 * MB && real.available < real.total);
    }

    #[test]
    fn a_container_has_the_memory_of_its_group() {
        let dir = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(dir.path().join(file), text).unwrap();
        assert_eq!(confinement(dir.path()), None);
        write("memory.max", "max\n");
        assert_eq!(confinement(dir.path()), None, "no limit");
        write("memory.max", "1000\n");
        write("memory.current", "700\n");
        write("memory.stat", "anon 1\ninactive_file 200\n");
        assert_eq!(confinement(dir.path()), Some(MachineMemory { total: 1000, available: 500 }));
    }

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

    #[test]
    fn the_gate_does_not_flutter() {
        let mut gate = MemoryGate::new(100);
        assert!(gate.update(100));
        assert!(!gate.update(99) && !gate.update(120) && gate.update(150) && gate.update(100));
    }
}
