//! The prover's log, followed for replaced workers.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context;
use serde_json::Value;

/// What the log has said so far.
pub(super) struct SwapLog {
    path: PathBuf,
    read: u64,
    durations: Vec<Duration>,
}

impl SwapLog {
    /// The log in this file: one JSON object a line.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, read: 0, durations: Vec::new() }
    }

    /// Reads on. Returns how many swaps are new.
    pub(super) fn follow(&mut self) -> anyhow::Result<usize> {
        let mut file = File::open(&self.path).context("the prover's log")?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        // The last line may be half written.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        self.read += whole as u64;
        let lines = text[..whole].split(|byte| *byte == b'\n');
        let before = self.durations.len();
        self.durations.extend(lines.filter_map(swap_duration));
        Ok(self.durations.len() - before)
    }

    /// How long each swap took.
    pub(super) fn durations(&self) -> &[Duration] {
        &self.durations
    }
}

fn swap_duration(line: &[u8]) -> Option<Duration> {
    let line: Value = serde_json::from_slice(line).ok()?;
    (line["message"] == "swapped").then_some(())?;
    Some(Duration::from_secs_f64(line["took_ms"].as_f64()? / 1e3))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn each_swap_is_counted_once_and_only_when_its_line_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut file = File::create(&path).unwrap();
        let mut log = SwapLog::new(path);
        file.write_all(b"not JSON\n{\"message\":\"swapped\",\"slot\":0,\"took_ms\":250}\n{\"message\":\"sw").unwrap();
        assert_eq!(log.follow().unwrap(), 1);
        assert_eq!(log.follow().unwrap(), 0);
        file.write_all(b"apped\",\"took_ms\":1.5}\n{\"message\":\"proved\",\"took_ms\":7}\n").unwrap();
        assert_eq!(log.follow().unwrap(), 1);
        assert_eq!(log.durations(), [Duration::from_millis(250), Duration::from_micros(1500)]);
    }
}
