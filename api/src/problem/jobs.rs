//! Problems of proof jobs and downloads.

use std::{borrow::Cow, time::Duration};

use axum::http::StatusCode;

use super::Problem;

impl Problem {
    /// The proof was fetched with this token before: 410.
    pub(crate) fn already_fetched() -> Self {
        Self::new(
            StatusCode::GONE,
            "already-fetched",
            "The proof was fetched before",
            "a proof can be fetched once with each token; if the answer was lost, ask for another proof",
        )
    }

    /// There is no proof to fetch, or not yet: 409.
    pub(crate) fn no_proof(code: &'static str, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, title, detail)
    }

    /// The difference of two versions is not made: 410.
    pub(crate) fn too_many_changes() -> Self {
        Self::new(
            StatusCode::GONE,
            "too-many-changes",
            "Too much has changed",
            "download all leaves of the newer version instead, which is the same path without /changes",
        )
    }

    /// There are no such bytes: 416.
    pub(crate) fn range_not_satisfiable(length: u64) -> Self {
        let title = "There are no such bytes";
        let detail = format!("the file has {length} bytes");
        let problem = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range-not-satisfiable", title, detail);
        Self { length: Some(length), ..problem }
    }

    /// Some leaves would be singled out: 416.
    pub(crate) fn range_not_aligned(length: u64, alignment: u64) -> Self {
        let title = "The range singles leaves out";
        let detail = format!(
            "a range begins at a multiple of {alignment}, ends at one or at the end, and is no shorter, so that nobody learns \
             which leaf is wanted; download all of it, or go on where a download broke off"
        );
        let problem = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range-not-aligned", title, detail);
        Self { length: Some(length), ..problem }
    }

    /// This client has as many downloads as it may: 429.
    pub(crate) fn too_many_downloads() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-downloads",
            "Too many downloads at once",
            "this address has as many downloads as one may have at once; try again when one of them has ended",
        )
        .retry_after(5)
    }

    /// The queue of proof jobs is full, or the wait too long: 503.
    pub(crate) fn queue_full(retry_after_seconds: u32) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "queue-full",
            "Too many proofs are waiting",
            "the provers are busy; try again after the seconds in Retry-After, or prove on the device",
        )
        .retry_after(retry_after_seconds)
    }

    /// Much of what waits is this client's own: 429.
    pub(crate) fn client_share_used(retry_after_seconds: u32) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-jobs",
            "Too many of your proofs are waiting",
            "the provers are busy and much of what waits is yours; try again after the seconds in Retry-After",
        )
        .retry_after(retry_after_seconds)
    }

    /// The job ended so long ago that its proof was removed: 410.
    pub(crate) fn job_archived(retention: Duration) -> Self {
        Self::new(
            StatusCode::GONE,
            "job-archived",
            "The proof was removed",
            format!(
                "the job has ended, and proofs are kept for {} seconds after that; submit it again",
                retention.as_secs()
            ),
        )
    }
}
