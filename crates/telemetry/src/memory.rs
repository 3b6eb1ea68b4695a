//! The memory of a process, as the kernel counts it.

/// Resident memory of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessMemory {
    /// Resident now (VmRSS), in bytes.
    pub resident_bytes: u64,
    /// Most that was ever resident (VmHWM), in bytes.
    pub peak_bytes: u64,
    /// What of it is resident now and is of no file (RssAnon), in bytes: heap and stacks.
    pub heap_bytes: u64,
}

impl ProcessMemory {
    /// Resident now, in MB (10^6 bytes).
    pub fn resident_mb(self) -> f64 {
        self.resident_bytes as f64 / 1e6
    }

    /// Peak, in MB (10^6 bytes).
    pub fn peak_mb(self) -> f64 {
        self.peak_bytes as f64 / 1e6
    }
}

/// Reads `/proc/PID/status`. `None` when there is no such process, or no `/proc`.
pub fn process_memory(pid: u32) -> Option<ProcessMemory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = |key: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
    };
    Some(ProcessMemory {
        resident_bytes: kib("VmRSS")? * 1024,
        peak_bytes: kib("VmHWM")? * 1024,
        heap_bytes: kib("RssAnon")? * 1024,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_its_peak_is_not_below_it() {
        let memory = process_memory(std::process::id()).unwrap();
        assert!(memory.resident_bytes > 100_000 && memory.peak_bytes >= memory.resident_bytes);
        assert!(memory.heap_bytes > 10_000 && memory.heap_bytes <= memory.resident_bytes);
        assert_eq!(process_memory(u32::MAX), None);
    }
}
