//! What the pool tells: metrics, and alerts for what an operator should see to.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use veilpass_telemetry::{alert, describe_alerts};

use super::{
    policy::{Reading, ReplacementPolicy, SwapReason},
    worker::Vitals,
};
use crate::engine::EngineError;

/// Says what the pool's metrics are, and shows the counters at zero: once the recorder is installed, which may be after the
/// pool has started.
pub(crate) fn describe(policy: &ReplacementPolicy) {
    describe_gauge!("veilpass_workers_ready", "Slots that have a worker");
    describe_gauge!(
        "veilpass_worker_limit_bytes",
        Unit::Bytes,
        "Memory limit of a worker: a standby is started at 70 % of it, and takes over at 90 %"
    );
    describe_gauge!("veilpass_worker_resident_bytes", Unit::Bytes, "Resident memory of a slot's active bb");
    describe_gauge!("veilpass_worker_proofs", "Proofs that a slot's active bb has made");
    describe_gauge!("veilpass_worker_age_seconds", Unit::Seconds, "Age of a slot's active bb");
    describe_gauge!("veilpass_worker_silent_seconds", Unit::Seconds, "Time since a slot's active bb last answered");
    describe_counter!("veilpass_worker_swaps_total", "Workers replaced by their standby, by reason and outcome");
    describe_histogram!(
        "veilpass_worker_swap_seconds",
        Unit::Seconds,
        "From the start of a standby until it took over"
    );
    describe_gauge!("veilpass_worker_swap_resident_bytes", Unit::Bytes, "Memory of the workers of the last swap");
    describe_counter!("veilpass_worker_failures_total", "Workers that failed in a proof, by kind");
    describe_counter!("veilpass_proofs_total", "Attempts to prove, by outcome");
    describe_histogram!("veilpass_proof_seconds", Unit::Seconds, "From the lease of a job until its attempt ended");
    if let Some(limit) = policy.memory_limit {
        gauge!("veilpass_worker_limit_bytes").set(limit as f64);
    }
    for reason in SwapReason::ALL {
        for outcome in ["swapped", "standby_failed"] {
            counter!("veilpass_worker_swaps_total", "reason" => reason.name(), "outcome" => outcome).increment(0);
        }
    }
    for kind in EngineError::KINDS {
        counter!("veilpass_worker_failures_total", "kind" => kind).increment(0);
    }
    for outcome in ["proved", "refused", "failed"] {
        counter!("veilpass_proofs_total", "outcome" => outcome).increment(0);
    }
    let _ = (histogram!("veilpass_worker_swap_seconds"), histogram!("veilpass_proof_seconds"));
    describe_alerts(&["standby_failed", "worker_does_not_start", "memory_low", "tree_over_budget"]);
}

pub(super) fn worker(slot: usize, vitals: &Vitals, reading: &Reading) {
    let slot = slot.to_string();
    gauge!("veilpass_worker_resident_bytes", "slot" => slot.clone()).set(reading.resident_bytes as f64);
    gauge!("veilpass_worker_proofs", "slot" => slot.clone()).set(reading.proofs as f64);
    gauge!("veilpass_worker_age_seconds", "slot" => slot.clone()).set(reading.age.as_secs_f64());
    gauge!("veilpass_worker_silent_seconds", "slot" => slot).set(vitals.silent_for().as_secs_f64());
}

pub(super) fn swapped(reason: SwapReason, took: Duration, before: u64, after: u64) {
    counter!("veilpass_worker_swaps_total", "reason" => reason.name(), "outcome" => "swapped").increment(1);
    histogram!("veilpass_worker_swap_seconds").record(took.as_secs_f64());
    gauge!("veilpass_worker_swap_resident_bytes", "when" => "before").set(before as f64);
    gauge!("veilpass_worker_swap_resident_bytes", "when" => "after").set(after as f64);
}

pub(super) fn standby_failed(slot: usize, reason: SwapReason, error: &EngineError) {
    counter!("veilpass_worker_swaps_total", "reason" => reason.name(), "outcome" => "standby_failed").increment(1);
    alert("standby_failed", format_args!("slot {slot}: no standby ({error}); the active worker goes on"));
}

pub(super) fn start_failed(slot: usize, error: &EngineError) {
    alert("worker_does_not_start", format_args!("slot {slot}: {error}"));
}

pub(super) fn worker_failed(error: &EngineError) {
    counter!("veilpass_worker_failures_total", "kind" => error.kind()).increment(1);
}

/// Proofs, by how they ended.
pub(crate) fn proof_ended(outcome: &'static str, took: Duration) {
    counter!("veilpass_proofs_total", "outcome" => outcome).increment(1);
    histogram!("veilpass_proof_seconds").record(took.as_secs_f64());
}
