//! What workers share: pages of the binary, and of the reference string if `bb` maps its file.

use std::fs;

use crate::bench::report::Report;

/// Sizes of mappings, in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Pages {
    resident: u64,
    proportional: u64,
    shared: u64,
    private: u64,
}

impl Pages {
    /// Adds a line of `smaps` or `smaps_rollup`, if it is one of these sizes.
    fn add(&mut self, line: &str) {
        let Some((key, value)) = line.split_once(':') else { return };
        let kib: u64 = value.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0);
        match key {
            "Rss" => self.resident += kib * 1024,
            "Pss" => self.proportional += kib * 1024,
            "Shared_Clean" | "Shared_Dirty" => self.shared += kib * 1024,
            "Private_Clean" | "Private_Dirty" => self.private += kib * 1024,
            _ => {}
        }
    }

    /// All of a `smaps_rollup`.
    fn of_process(rollup: &str) -> Self {
        let mut pages = Self::default();
        rollup.lines().for_each(|line| pages.add(line));
        pages
    }

    /// Of a `smaps`, the mappings of files with this name.
    fn of_file(smaps: &str, name: &str) -> Self {
        let (mut pages, mut counts) = (Self::default(), false);
        for line in smaps.lines() {
            // A mapping begins with its addresses, and ends with its file.
            match line.split_whitespace().next() {
                Some(first) if !first.ends_with(':') => counts = line.ends_with(name),
                _ if counts => pages.add(line),
                _ => {}
            }
        }
        pages
    }
}

/// Prints the means over these processes.
pub(super) fn report(report: &Report, workers: &[u32]) -> anyhow::Result<()> {
    let read = |file: &str| -> std::io::Result<Vec<String>> {
        workers.iter().map(|pid| fs::read_to_string(format!("/proc/{pid}/{file}"))).collect()
    };
    let (rollups, maps) = (read("smaps_rollup")?, read("smaps")?);
    let mean = |figure: fn(&Pages) -> u64, pages: &[Pages]| {
        pages.iter().map(figure).sum::<u64>() as f64 / pages.len().max(1) as f64 / 1e6
    };
    let all: Vec<Pages> = rollups.iter().map(|text| Pages::of_process(text)).collect();
    report.line("worker_pss_mb", mean(|pages| pages.proportional, &all), "MB");
    report.line("worker_private_mb", mean(|pages| pages.private, &all), "MB");
    report.line("worker_shared_mb", mean(|pages| pages.shared, &all), "MB");
    // 0: bb does not map the file, but reads it into memory of its own.
    let string: Vec<Pages> = maps.iter().map(|text| Pages::of_file(text, "/bn254_g1.dat")).collect();
    report.line("worker_crs_mapped_mb", mean(|pages| pages.resident, &string), "MB");
    report.line("worker_crs_shared_mb", mean(|pages| pages.shared, &string), "MB");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_files_mappings_count() {
        let smaps = "\
7f00-7f10 r--p 00000000 fe:00 12 /crs/bn254_g1.dat
Rss:                 100 kB
Pss:                  50 kB
Shared_Clean:         90 kB
Private_Dirty:        10 kB
VmFlags: rd mr mw me
7f10-7f20 rw-p 00000000 00:00 0 [heap]
Rss:                   7 kB
Private_Dirty:         7 kB
7f20-7f30 r--p 00000000 fe:00 12 /crs/bn254_g1.dat
Rss:                   4 kB
Shared_Clean:          4 kB
";
        let kib = |resident: u64, proportional: u64, shared: u64, private: u64| Pages {
            resident: resident * 1024,
            proportional: proportional * 1024,
            shared: shared * 1024,
            private: private * 1024,
        };
        assert_eq!(Pages::of_file(smaps, "/bn254_g1.dat"), kib(104, 50, 94, 10));
        assert_eq!(Pages::of_file(smaps, "/bn254_g2.dat"), Pages::default());
        assert_eq!(Pages::of_process(smaps), kib(111, 50, 94, 17));
    }
}
