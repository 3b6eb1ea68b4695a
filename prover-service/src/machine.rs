//! The memory of this machine, or of the control group that this process is confined to.

use std::{fs, path::Path};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        let text = "MemTotal:       16384 kB\nMemFree:          100 kB\nMemAvailable:    8192 kB\n";
        assert_eq!(parse_meminfo(text), Some(MachineMemory { total: 16384 << 10, available: 8192 << 10 }));
        let real = MachineMemory::read().unwrap();
        assert!(real.total > 100_000_000 && real.available < real.total);
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
}
