//! Metrics in Prometheus' text format, recorded by the macros of the `metrics` crate.
//!
//! Names are `veilpass_NAME_UNIT` in base units (seconds, bytes), counters end in `_total`. Labels have few values, which
//! we choose: a value that a client chooses would let it grow our memory.

use std::{
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use metrics::{Unit, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::memory::process_memory;

/// Upper bounds of every histogram's buckets, in seconds: every histogram of ours is a duration. Finest around a request
/// that reads the database (milliseconds) and around a proof (a quarter of a second).
const SECONDS: [f64; 17] =
    [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// The recorder of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Everything recorded so far, in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Moves recorded durations into their buckets. Until that, or [`Self::render`], happens, each takes memory.
    pub(crate) fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

/// Records what this process is.
pub(crate) fn identify(service: &'static str) {
    gauge!("veilpass_build_info", "service" => service, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    gauge!("veilpass_process_start_seconds").set(now.as_secs_f64());
}

/// Records the memory of this process.
pub(crate) fn record_memory() {
    if let Some(memory) = process_memory(std::process::id()) {
        gauge!("veilpass_process_resident_bytes").set(memory.resident_bytes as f64);
        gauge!("veilpass_process_peak_bytes").set(memory.peak_bytes as f64);
    }
}

/// Installs the recorder of this process; later calls return the same. Without it the macros of `metrics` do nothing and
/// hold nothing. [`OpsServer`](crate::OpsServer) installs it, serves it and keeps it small.
///
/// # Errors
/// If the process has installed another recorder.
pub fn install_metrics() -> anyhow::Result<Metrics> {
    let mut installed = INSTALLED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(handle) = &*installed {
        return Ok(Metrics(handle.clone()));
    }
    let handle = PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .context("cannot install the metrics recorder")?;
    describe_counter!("veilpass_alerts_total", "Conditions that somebody must look at, by name: docs/operations.md");
    describe_gauge!("veilpass_process_resident_bytes", Unit::Bytes, "Memory of this process that is resident");
    describe_gauge!("veilpass_process_peak_bytes", Unit::Bytes, "Most memory of this process that was ever resident");
    describe_gauge!("veilpass_http_connections", "Open connections, by listener");
    describe_gauge!("veilpass_build_info", "1, with the service and its version");
    describe_gauge!("veilpass_process_start_seconds", Unit::Seconds, "When this process started, since the Unix epoch");
    *installed = Some(handle.clone());
    Ok(Metrics(handle))
}
