//! What many leaves need.

use serde_json::json;

use crate::{Figure, figure::Figures, measured};

/// Bytes of a download besides its leaves: header and checksum (`crates/leafset`).
const DOWNLOAD_FRAME: f64 = 160.0;
/// Bytes of a leaf, and of a change.
const LEAF: f64 = 32.0;
const CHANGE: f64 = 36.0;

/// Enrolments that the sweep asks for in one RPC request, and how often it looks at all, in seconds
/// (`--sweep-interval-seconds`).
const SWEEP_BATCH: f64 = 100.0;
const SWEEP_INTERVAL: f64 = 600.0;

/// A number of leaves, spread over registries of equal size.
#[derive(Clone, Debug)]
pub struct LeavesScenario {
    /// For tables.
    pub title: String,
    /// Leaves in all registries.
    pub leaves: u64,
    /// Registries: each has a tree, a root and an anonymity set of its own.
    pub registries: u64,
    /// Enrolments and revocations a day, in all registries.
    pub changes_per_day: f64,
    /// Bytes a second that a device downloads.
    pub device_bytes_per_second: f64,
}

impl LeavesScenario {
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let each = self.leaves as f64 / self.registries.max(1) as f64;
        let download = each * LEAF + DOWNLOAD_FRAME;
        let mut figures = Figures::new(json!({
            "scenario": self.title, "question": "leaves", "leaves": self.leaves, "registries": self.registries,
            "changes_per_day": self.changes_per_day, "device_bytes_per_second": self.device_bytes_per_second,
            "from": "linear in the figures of 10^6 leaves",
        }));
        figures.add("model_tree_mb", each * measured::TREE_BYTES_PER_LEAF / 1e6, "MB");
        figures.add("model_trees_mb", self.leaves as f64 * measured::TREE_BYTES_PER_LEAF / 1e6, "MB");
        figures.add("model_tree_build_s", each * measured::TREE_BUILD_PER_LEAF, "s");
        figures.add("model_download_mb", download / 1e6, "MB");
        figures.add("model_download_s", download / self.device_bytes_per_second, "s");
        let changes = self.changes_per_day / self.registries.max(1) as f64 * CHANGE + DOWNLOAD_FRAME;
        figures.add("model_download_daily_mb", changes / 1e6, "MB");
        let sweep = self.leaves as f64 / SWEEP_BATCH / SWEEP_INTERVAL;
        figures.add("model_sweep_rpc_requests", sweep, "per s");
        figures.into_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_has_its_part() {
        let of = |registries| LeavesScenario {
            title: String::new(),
            leaves: 100_000_000,
            registries,
            changes_per_day: 1e6,
            device_bytes_per_second: 1e6,
        };
        let value = |registries, name: &str| {
            of(registries).figures().into_iter().find(|figure| figure.name == name).unwrap().value
        };
        assert_eq!((value(1, "model_tree_mb"), value(100, "model_tree_mb")), (7100.0, 71.0));
        assert_eq!((value(1, "model_trees_mb"), value(100, "model_trees_mb")), (7100.0, 7100.0));
        assert_eq!((value(100, "model_tree_build_s"), value(100, "model_download_mb")), (6.2, 32.0));
    }
}
