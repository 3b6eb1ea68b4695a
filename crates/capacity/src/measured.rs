//! What was measured, by which command. Two cores of a virtual Xeon, shared by provers, API, Postgres and clients.
//!
//! The figures are those of the README's section "Measured"; a test holds them to it.

use crate::ServiceTime;

/// Proofs a minute through the API by this many workers on two cores (`./veilpass bench fleet`).
pub const PROOFS_PER_MINUTE: [(u32, f64); 3] = [(1, 426.0), (2, 789.0), (4, 764.0)];

/// From request to proof with two requests in flight for each worker: workers, p50 and p99 in seconds (the same run).
pub const CLOSED_LOOP: [(u32, f64, f64); 3] = [(1, 0.280, 0.308), (2, 0.301, 0.346), (4, 0.617, 0.836)];

/// What provers report as the time of a proof, in seconds: `bb`'s, without leasing, opening and storing (`bench proof`,
/// p50).
pub const REPORTED_PROOF: f64 = 0.136;

/// Standard deviation of a worker's time for one job, as a part of its mean: with it the closed loops have the measured
/// p99 (`tests/measured.rs`).
pub const VARIATION: f64 = 0.09;

/// What a worker takes for one job, from lease to lease, when so many share two cores.
pub fn service(workers: u32) -> ServiceTime {
    let at = PROOFS_PER_MINUTE.iter().find(|(count, _)| *count >= workers).unwrap_or(&PROOFS_PER_MINUTE[2]);
    ServiceTime::LogNormal { mean: f64::from(at.0) * 60.0 / at.1, variation: VARIATION }
}

/// What one of many workers takes for a job when each has a core, with API and Postgres: the measure of two workers on
/// two cores. That more machines are as fast each is assumed, not measured: no more than two cores were there.
pub fn service_on_own_core() -> ServiceTime {
    service(2)
}

/// The overload of `./veilpass bench fleet`: of what was accepted p50 and p99 in seconds, refused in per cent of
/// requests.
pub const OVERLOAD: (f64, f64, f64) = (2.9, 4.3, 56.0);

/// Processor time of the API for checking one proof, in seconds.
pub const CHECK: f64 = 0.0022;

/// Rows that one delegated proof inserts, changes or removes until it is archived: counted in the statements, not
/// measured.
///
/// `enqueue.rs` 3 (round, job, claim), `lease.rs` 2 (job, round of the key) and 1 (end), `fetch.rs` 2 (claim, job),
/// `verifications.rs` 2 (nullifier, verification), `grants.rs` 1, `archive.rs` 2.
pub const ROWS_PER_PROOF: f64 = 13.0;
/// Transactions that are written for it: enqueue, lease, end, fetch, verification, grant. Archiving is in batches.
pub const COMMITS_PER_PROOF: f64 = 6.0;

/// Memory of a `bb` worker, in bytes, of which [`BB_SHARED_BYTES`] are shared by all (`bench fleet`).
pub const BB_BYTES: f64 = 22e6;
/// Shared by all `bb` workers of a machine.
pub const BB_SHARED_BYTES: f64 = 11e6;

/// Memory of a registry's tree for each leaf, in bytes (`bench tree`, 10^6 leaves).
pub const TREE_BYTES_PER_LEAF: f64 = 71.0;
/// Building it, in seconds for each leaf, on two cores.
pub const TREE_BUILD_PER_LEAF: f64 = 6.2e-6;
/// Inserting one leaf, in seconds.
pub const TREE_INSERT: f64 = 0.38e-3;

/// From an accepted proof to its confirmation on chain: p50 and p95, in seconds (`bench indexer`, slots of 400 ms).
pub const SETTLEMENT: (f64, f64) = (1.03, 1.06);

/// Compute units of `verify_ownership` (`bench chain`, median of ten).
pub const VERIFY_UNITS: f64 = 707_151.0;
/// Compute units of all uploads of one proof, and their transactions: legacy.
pub const UPLOAD_LEGACY: (f64, f64) = (26_817.0, 13.0);
/// The same in version 1.
pub const UPLOAD_V1: (f64, f64) = (9_150.0, 4.0);
/// Rent of a nullifier, in lamports, which comes back after its epoch.
pub const NULLIFIER_RENT: f64 = 2_282_880.0;
/// Lamports for each signature: a transaction has one.
pub const SIGNATURE_FEE: f64 = 5_000.0;

/// How long settling takes, in seconds.
pub fn settlement() -> ServiceTime {
    // Of a log-normal, p95 / p50 = exp(1.645 sigma), and for small ones sigma is the variation.
    ServiceTime::LogNormal { mean: SETTLEMENT.0, variation: libm::log(SETTLEMENT.1 / SETTLEMENT.0) / 1.645 }
}
