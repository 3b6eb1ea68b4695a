//! How often each problem is answered.

use metrics::{counter, describe_counter};

const REFUSALS: &str = "veilpass_refusals_total";

/// Codes that are shown at zero from the start, so that their first time is an increase. A code that is missing here is counted
/// all the same: codes are names in this program, never what a client sent.
const CODES: [&str; 61] = [
    "already-fetched",
    "anonymity-set-too-small",
    "audience-required",
    "body-too-large",
    "context-expired",
    "context-mismatch",
    "context-too-long",
    "enrolled-by-another",
    "enrolment-changed",
    "idempotency-key-in-use",
    "idempotency-key-malformed",
    "idempotency-key-reused",
    "internal",
    "invalid-proof",
    "job-archived",
    "job-failed",
    "malformed-request",
    "message-expired",
    "method-not-allowed",
    "mint-not-allowed",
    "no-reference-string",
    "not-anchored",
    "not-configured",
    "not-finished",
    "not-found",
    "not-owner",
    "not-verified-yet",
    "nullifier-used",
    "overloaded",
    "queue-full",
    "range-not-aligned",
    "range-not-satisfiable",
    "rate-limited",
    "replaced-lately",
    "session-ended",
    "signature-used",
    "stale-epoch",
    "stale-request",
    "stale-root",
    "timeout",
    "token-delegated",
    "token-frozen",
    "too-many-attempts",
    "too-many-changes",
    "too-many-downloads",
    "too-many-jobs",
    "unauthorized",
    "unavailable",
    "unknown-nonce",
    "unknown-prover-key",
    "unknown-registry",
    "unknown-root",
    "unknown-track",
    "unknown-verification",
    "unsupported-media-type",
    "wrong-audience",
    "wrong-cluster",
    "wrong-domain",
    "wrong-program",
    "wrong-signature",
    "wrong-times",
];

/// A problem with this code is answered.
pub(super) fn answered(code: &'static str) {
    counter!(REFUSALS, "reason" => code).increment(1);
}

/// Says what the metric means, and shows the known codes at zero.
pub(crate) fn describe() {
    describe_counter!(REFUSALS, "Answers that are no success, by the last part of the problem's type");
    for code in CODES {
        counter!(REFUSALS, "reason" => code).increment(0);
    }
}
