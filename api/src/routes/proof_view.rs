//! A proof job as its client sees it.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_protocol::PublicInputs;
use veilpass_store::{AttemptFailure, ClaimedJob, FetchedProof, JobFailure, JobOutcome, JobState};

use crate::{
    admission::{Estimate, retry_after_seconds},
    anonymity::AnonymitySet,
    job_token::JobToken,
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
    /// Once done: whether the proof was fetched with this token.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_fetched: Option<bool>,
    /// 7,232 bytes, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProofBase64>)]
    proof: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
    /// In the answer to the request that made or repeated the job, and never again: with it the job is asked about and its proof
    /// fetched, as `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    job_token: Option<JobToken>,
    /// In the same answer: among how many holders of the track this proof hides.
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymity: Option<AnonymitySet>,
}

/// Why there is no proof.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailureView {
    /// Stable name.
    code: &'static str,
    /// In words.
    detail: String,
}

impl FailureView {
    /// Of a job that ended so, whose newest attempt failed for this reason.
    pub(super) fn of(failure: JobFailure, last_error: Option<AttemptFailure>) -> Self {
        let detail = match last_error {
            Some(reason) if failure == JobFailure::AttemptsExhausted => {
                format!("{failure} (the last attempt, {}: {reason})", reason.code())
            }
            _ => failure.to_string(),
        };
        Self { code: failure.code(), detail }
    }
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
            is_fetched: None,
            proof: None,
            failure: None,
            job_token: None,
            anonymity: None,
        }
    }

    /// A job as the database has it.
    pub(crate) fn of(claimed: &ClaimedJob) -> Self {
        let job = &claimed.job;
        let status = match job.state {
            JobState::Queued => "queued",
            JobState::Leased => "proving",
            JobState::Done => "done",
            JobState::Failed => "failed",
        };
        let mut view = Self { status, attempts: job.attempts, ..Self::queued(job.id) };
        match &job.outcome {
            None => {}
            Some(JobOutcome::Proved { public_inputs }) => {
                view.public_inputs = Some(*public_inputs);
                view.is_fetched = Some(claimed.is_fetched);
            }
            Some(JobOutcome::Failed(failure)) => view.failure = Some(FailureView::of(*failure, job.last_error)),
        }
        view
    }

    /// One whose proof is being fetched.
    pub(crate) fn with_proof(fetched: &FetchedProof) -> Self {
        let proof = Some(BASE64_STANDARD.encode(&fetched.proof));
        Self { proof, is_fetched: Some(true), ..Self::of(&fetched.job) }
    }

    /// The same in the answer to whoever asked for the proof.
    pub(crate) fn for_client(self, token: JobToken, anonymity: Option<AnonymitySet>) -> Self {
        Self { job_token: Some(token), anonymity, ..self }
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
