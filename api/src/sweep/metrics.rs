//! What the sweep counts.

use metrics::{counter, describe_counter};

use super::SweepReport;

const CHECKED: &str = "veilpass_ownership_checked_total";
const REVOKED: &str = "veilpass_ownership_revoked_total";
const ERRORS: &str = "veilpass_ownership_errors_total";

pub(super) fn count(report: SweepReport) {
    counter!(CHECKED).increment(report.checked);
    counter!(REVOKED).increment(report.revoked);
    counter!(ERRORS).increment(report.errors);
}

/// A sweep could not go on.
pub(super) fn failed() {
    counter!(ERRORS).increment(1);
}

/// Says what the metrics mean.
pub(crate) fn describe() {
    describe_counter!(CHECKED, "Enrolments whose token was looked for in its wallet");
    describe_counter!(REVOKED, "Enrolments that were revoked because their token has moved");
    describe_counter!(ERRORS, "Enrolments or sweeps of which the chain or the database told nothing");
    for name in [CHECKED, REVOKED, ERRORS] {
        counter!(name).increment(0);
    }
}
