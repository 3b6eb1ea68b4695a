//! `veilpass bench fleet` works and prints what is promised. What it measures is of no account here.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::process::Command;

const NAMES: [&str; 28] = [
    "fleet_proofs_per_minute_w1",
    "fleet_proofs_per_minute_w2",
    "fleet_p50_ms_w2",
    "fleet_p95_ms_w2",
    "fleet_p99_ms_w2",
    "proof_cli_p50_ms",
    "cli_proofs_per_minute_w2",
    "cli_peak_rss_mb",
    "fleet_overload_accepted_p50_ms",
    "fleet_overload_accepted_p95_ms",
    "fleet_overload_accepted_p99_ms",
    "fleet_overload_refused_per_cent",
    "fleet_overload_lost",
    "fleet_overload_failed",
    "fleet_overload_polite_to_greedy_proofs",
    "worker_rss_slope_mb_per_1000",
    "prover_rss_slope_mb_per_1000",
    "api_rss_slope_mb_per_1000",
    "worker_rss_mb",
    "worker_peak_mb",
    "prover_peak_mb",
    "api_rss_peak_mb",
    "worker_pss_mb",
    "worker_private_mb",
    "worker_shared_mb",
    "swap_count",
    "swap_failed_proofs",
    "swap_rss_after_ratio_max",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quick_fleet_bench_prints_every_figure_and_loses_nothing() {
    let output = Command::new(env!("CARGO_BIN_EXE_veilpass"))
        .args(["bench", "fleet", "--json", "--quick", "--without-wasm", "--workers", "1,2"])
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let lines: Vec<Value> =
        output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let figures: BTreeMap<&str, f64> =
        lines.iter().map(|line| (line["name"].as_str().unwrap(), line["value"].as_f64().unwrap())).collect();
    let missing: Vec<_> = NAMES.into_iter().filter(|name| !figures.contains_key(name)).collect();
    assert!(missing.is_empty(), "{missing:?}\n{said}");
    for name in ["fleet_overload_lost", "fleet_overload_failed", "swap_failed_proofs"] {
        assert_eq!(figures[name], 0.0, "{name}");
    }
    for name in ["fleet_overload_refused_per_cent", "swap_count", "cli_peak_rss_mb", "worker_pss_mb", "api_rss_peak_mb"]
    {
        assert!(figures[name] > 0.0, "{name}");
    }
}
