//! How a measurement is printed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What was measured, as it is printed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Measurement {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) unit: String,
    /// How it was measured.
    pub(super) context: Value,
}

impl Measurement {
    /// Its place on a curve, if it is a point of one.
    pub(super) fn x(&self) -> Option<f64> {
        self.context["x"].as_f64()
    }

    /// What is otherwise than with the line of this name that has none.
    pub(super) fn variant(&self) -> Option<&str> {
        self.context["variant"].as_str()
    }

    /// As a JSON line, or as text.
    pub(super) fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::to_string(self).unwrap_or_default());
        } else {
            println!("{:<44} {:>12} {}", self.name, self.value, self.unit);
        }
    }
}

/// Prints measurements: JSON lines, or text.
pub(super) struct Report {
    json: bool,
    context: Value,
}

impl Report {
    pub(super) fn new(json: bool, context: Value) -> Self {
        Self { json, context }
    }

    /// Prints a point of a curve: `value` at `x`. Only among JSON lines: text has no use for them.
    pub(super) fn point(&self, name: &str, x: f64, x_unit: &str, value: f64, unit: &str) {
        if self.json {
            let mut context = self.context.clone();
            if let Value::Object(context) = &mut context {
                context.extend([("x".to_owned(), x.into()), ("x_unit".to_owned(), x_unit.into())]);
            }
            Self { json: true, context }.line(name, value, unit);
        }
    }

    /// Prints one.
    pub(super) fn line(&self, name: &str, value: f64, unit: &str) {
        // Three decimals are more than any of these repeats.
        let value = (value * 1e3).round() / 1e3;
        let context = self.context.clone();
        Measurement { name: name.to_owned(), value, unit: unit.to_owned(), context }.print(self.json);
    }
}

/// Samples of one duration.
#[derive(Default)]
pub(super) struct Samples(Vec<Duration>);

impl Samples {
    pub(super) fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// The sample that `percent` of all are not above, in seconds (nearest rank).
    pub(super) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).clamp(1, sorted.len().max(1));
        sorted.get(rank - 1).map_or(0.0, Duration::as_secs_f64)
    }
}

/// The processor's name and number of cores.
pub(super) fn machine() -> Value {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    json!({ "cpu": name, "cores": std::thread::available_parallelism().map_or(1, usize::from) })
}

/// Forgets this process' peak memory so far, so that the next reading is that of what runs now.
pub(super) fn reset_peak_memory() {
    // Writing 5 resets VmHWM (proc_pid_clear_refs(5)).
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Peak memory of this process, in MB.
pub(super) fn peak_memory_mb() -> f64 {
    veilpass_telemetry::process_memory(std::process::id()).map_or(0.0, |memory| memory.peak_mb())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let mut samples = Samples::default();
        for milliseconds in (1..=20).rev() {
            samples.push(Duration::from_millis(milliseconds));
        }
        assert_eq!((samples.percentile(50), samples.percentile(95), samples.percentile(100)), (0.010, 0.019, 0.020));
        assert_eq!(Samples::default().percentile(50), 0.0);
    }
}
