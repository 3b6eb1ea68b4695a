//! A proof job as its client sees it.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_protocol::PublicInputs;
use veilpass_store::{JobFailure, JobOutcome, JobState, ProofJob};

use crate::{
    admission::{Estimate, retry_after_seconds},
    schema::{ProofBase64, PublicInputsSchema},
};

/// A proof job and how far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProofView {
    /// Names the job.
    id: Uuid,
    /// `queued`, `proving`, `done` or `failed`.
    status: &'static str,
    /// How often a prover began.
    attempts: i32,
    /// Seconds until a prover begins, as estimated when the job was queued.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_wait_seconds: Option<f64>,
    /// What it proves, once done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PublicInputsSchema>)]
    public_inputs: Option<PublicInputs>,
    /// 7,232 bytes, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProofBase64>)]
    proof: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
}

/// Why there is no proof.
#[derive(Serialize, ToSchema)]
struct FailureView {
    /// Stable name.
    code: &'static str,
    /// In words.
    detail: String,
}

/// How soon to ask again about a job of which nothing is estimated, in seconds: a proof takes about 0.2 s.
const POLL_AFTER: HeaderValue = HeaderValue::from_static("1");

impl ProofView {
    /// A job that was queued just now.
    pub(crate) fn queued(id: Uuid) -> Self {
        Self {
            id,
            status: "queued",
            attempts: 0,
            estimated_wait_seconds: None,
            public_inputs: None,
            proof: None,
            failure: None,
        }
    }

    /// A job as the database has it.
    pub(crate) fn of(job: ProofJob) -> Self {
        let status = match job.state {
            JobState::Queued => "queued",
            JobState::Leased => "proving",
            JobState::Done => "done",
            JobState::Failed => "failed",
        };
        let mut view = Self { status, attempts: job.attempts, ..Self::queued(job.id) };
        match job.outcome {
            None => {}
            Some(JobOutcome::Proved { proof, public_inputs }) => {
                view.proof = Some(BASE64_STANDARD.encode(proof));
                view.public_inputs = Some(public_inputs);
            }
            Some(JobOutcome::Failed(failure)) => {
                let detail = match job.last_error {
                    Some(reason) if failure == JobFailure::AttemptsExhausted => {
                        format!("{failure} (the last attempt, {}: {reason})", reason.code())
                    }
                    _ => failure.to_string(),
                };
                view.failure = Some(FailureView { code: failure.code(), detail });
            }
        }
        view
    }

    /// The same with the wait that is expected, unless it is over.
    pub(crate) fn expecting(mut self, estimate: &Estimate) -> Self {
        if self.status == "queued" {
            self.estimated_wait_seconds = Some((estimate.wait.as_secs_f64() * 10.0).ceil() / 10.0);
        }
        self
    }

    /// When to ask again, for a job that has not ended.
    pub(crate) fn retry_headers(&self, estimate: Option<&Estimate>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if matches!(self.status, "queued" | "proving") {
            let after = estimate.map(|estimate| HeaderValue::from(retry_after_seconds(estimate.until_done())));
            headers.insert(header::RETRY_AFTER, after.unwrap_or(POLL_AFTER));
        }
        headers
    }
}
