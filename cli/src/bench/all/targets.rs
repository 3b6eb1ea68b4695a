//! What the measurements should be.

use crate::bench::report::Measurement;

/// On which side of a target is good.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
    Exactly(f64),
}

/// A measurement and what it should be.
pub(super) struct Target {
    /// What it is, in words.
    pub(super) what: &'static str,
    /// The line's name.
    pub(super) line: &'static str,
    pub(super) limit: Limit,
    pub(super) unit: &'static str,
    /// What others have, or what was before.
    pub(super) reference: &'static str,
}

/// How a measurement compares.
pub(super) enum Verdict {
    Held(f64),
    Missed(f64),
    NotMeasured,
}

const fn at_most(
    what: &'static str,
    line: &'static str,
    limit: f64,
    unit: &'static str,
    reference: &'static str,
) -> Target {
    Target { what, line, limit: Limit::AtMost(limit), unit, reference }
}

const fn exactly(what: &'static str, line: &'static str, count: f64, reference: &'static str) -> Target {
    Target { what, line, limit: Limit::Exactly(count), unit: "", reference }
}

/// All of them.
pub(super) const TARGETS: [Target; 20] = [
    at_most("proof, warm, depth 32, one core, p50", "proof_warm_p50_ms", 200.0, "ms", "Semaphore v4: below"),
    at_most("proof on the device, Chromium, warm, p50", "device_proof_p50_ms", 500.0, "ms", ""),
    at_most("the same on one thread", "device_proof_p50_ms_1_thread", 500.0, "ms", ""),
    at_most("check of a proof by the API, p50", "host_verify_ms", 10.0, "ms", "a bb process: 40 ms"),
    at_most("memory of a worker over 1,000 proofs", "worker_rss_mb", 40.0, "MB", "others: 800 to 1,500 MB, growing"),
    at_most("its growth", "worker_rss_slope_mb_per_1000", 1.0, "MB/1000 proofs", ""),
    at_most("memory of the API, 1,000 open streams", "api_rss_mb_1000sse", 100.0, "MB", "80 MB idle"),
    at_most("p99 of reads at 1,000 a second, with Redis", "api_read_p99_ms_1000rps", 20.0, "ms", "200 ms"),
    exactly("transactions for a verification on chain", "verify_transactions", 1.0, "8"),
    at_most("its compute units", "verify_cu_total_max", 1_000_000.0, "CU", "5,440,000 CU"),
    at_most("the same, further", "verify_cu_total_max", 800_000.0, "CU", ""),
    at_most("build of a tree of 10^6 leaves", "tree_build_1e6_s", 10.0, "s", "a rebuild for each request"),
    at_most("a path", "tree_path_us", 50.0, "us", ""),
    at_most("an insert", "tree_insert_us", 1_000.0, "us", ""),
    Target {
        what: "swaps of workers during 200 proofs",
        line: "swap_count",
        limit: Limit::AtLeast(20.0),
        unit: "",
        reference: "",
    },
    exactly("failed proofs meanwhile", "swap_failed_proofs", 0.0, "restarts lose what is in flight"),
    at_most("memory after a swap, to before", "swap_rss_after_ratio_max", 1.1, "x", ""),
    at_most("a swap, p95", "swap_p95_ms", 60_000.0, "ms", "60 s"),
    exactly("accepted jobs lost at twice the load", "fleet_overload_lost", 0.0, ""),
    exactly("accepted jobs failed at twice the load", "fleet_overload_failed", 0.0, ""),
];

impl Target {
    /// How the last line of its name compares.
    pub(super) fn verdict<'a>(&self, mut lines: impl DoubleEndedIterator<Item = &'a Measurement>) -> Verdict {
        let Some(line) = lines.rfind(|line| line.name == self.line) else { return Verdict::NotMeasured };
        let holds = match self.limit {
            Limit::AtMost(limit) => line.value <= limit,
            Limit::AtLeast(limit) => line.value >= limit,
            // A count.
            Limit::Exactly(count) => (line.value - count).abs() < 0.5,
        };
        if holds { Verdict::Held(line.value) } else { Verdict::Missed(line.value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(name: &str, value: f64) -> Verdict {
        let line = Measurement { name: name.to_owned(), value, unit: String::new(), context: serde_json::Value::Null };
        at_most("", "a", 10.0, "", "").verdict([line].iter())
    }

    #[test]
    fn a_target_is_held_missed_or_not_measured() {
        assert!(matches!(verdict("a", 10.0), Verdict::Held(_)));
        assert!(matches!(verdict("a", 10.1), Verdict::Missed(_)));
        assert!(matches!(verdict("b", 1.0), Verdict::NotMeasured));
    }
}
