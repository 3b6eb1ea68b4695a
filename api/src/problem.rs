//! Errors as problem+json (RFC 9457): what happened, which field is to blame, what to do. Never internals.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;
use veilpass_store::StoreError;

/// What errors are answered as.
pub(crate) const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    /// Stable name, the last part of `type`.
    code: &'static str,
    title: &'static str,
    detail: Cow<'static, str>,
    field: Option<String>,
    retry_after_seconds: Option<u32>,
    /// Of the file of which a range was asked for, in bytes.
    length: Option<u64>,
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// `urn:veilpass:problem:` and a stable code.
    #[schema(example = "urn:veilpass:problem:malformed-request")]
    r#type: String,
    /// The code in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened here, and what to do.
    detail: String,
    /// When, as RFC 3339.
    timestamp: String,
    /// Which fields are to blame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// A field that is to blame.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Its path in the body, such as `public_inputs.epoch`.
    field: String,
    /// What is wrong with it.
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, title, detail: detail.into(), field: None, retry_after_seconds: None, length: None }
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The body does not parse: 400.
    pub(crate) fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed-request", "The request body is not valid", detail)
    }

    /// The body does not parse, and this field is why: 400.
    pub(crate) fn malformed_field(field: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), ..Self::malformed(detail) }
    }

    /// The body parses, but a field cannot be accepted: 422.
    pub(crate) fn refused(code: &'static str, field: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        let title = "The request was refused";
        Self { field: Some(field.into()), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, title, detail) }
    }

    /// The nullifier was spent: 409.
    pub(crate) fn nullifier_used() -> Self {
        Self {
            field: Some("public_inputs.nullifier".to_owned()),
            ..Self::new(
                StatusCode::CONFLICT,
                "nullifier-used",
                "The nullifier was used before",
                "this identity has already been used for this track in this epoch; wait for the next epoch",
            )
        }
    }

    /// No master key: 503.
    pub(crate) fn no_enrolment() -> Self {
        Self::not_configured("this API enrols nobody: its operator must set a master key")
    }

    /// No RPC: 503.
    pub(crate) fn no_chain() -> Self {
        Self::not_configured("this API enrols nobody: its operator must name an RPC of the cluster")
    }

    /// The challenge is not open, or is for another message: 422.
    pub(crate) fn unknown_nonce() -> Self {
        Self::refused(
            "unknown-nonce",
            "message",
            "its challenge was used before, is too old or is for another message: ask for a new one",
        )
    }

    /// Another wallet enrolled the token and still has it: 409.
    pub(crate) fn enrolled_by_another() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "enrolled-by-another",
            "The token is enrolled by another wallet",
            "another wallet that still holds this token has enrolled it for this track",
        )
    }

    /// Somebody enrolled or revoked the token at the same time: 409.
    pub(crate) fn enrolment_changed() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "enrolment-changed",
            "The token was enrolled or revoked meanwhile",
            "nothing was changed; ask for a new challenge and try again",
        )
    }

    /// The verification is to be settled on chain, and is not yet: 409.
    pub(crate) fn not_verified_yet() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "not-verified-yet",
            "Not verified yet",
            "the chain has not confirmed this verification; ask again after the seconds in Retry-After",
        )
        .retry_after(1)
    }

    /// The session gets no more grants: 409.
    pub(crate) fn session_ended() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "session-ended",
            "The session has ended",
            "its verification was refused or overruled by the chain, or an operator ended the session",
        )
    }

    /// A signature that is good once was used before: 409.
    pub(crate) fn signature_used() -> Self {
        Self {
            field: Some("signature".to_owned()),
            ..Self::new(
                StatusCode::CONFLICT,
                "signature-used",
                "The signature was used before",
                "sign again, with a later issued_at",
            )
        }
    }

    /// No operator key, or not one of ours: 401.
    pub(crate) fn not_an_operator() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "An operator key is needed",
            "send the header Authorization: Bearer <operator key>; make one with `veilpass operator-key`",
        )
    }

    /// Too many requests of one peer of the operators' listener: 429.
    pub(crate) fn too_many_attempts(retry_after_seconds: u32) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-attempts",
            "Too many requests",
            "this address has sent too many requests to the operators' listener",
        )
        .retry_after(retry_after_seconds)
    }

    /// No credentials, where some are needed: 401.
    pub(crate) fn unauthorized(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "A token is needed", detail)
    }

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
            "a range begins at a multiple of {alignment} and ends at one or at the end, so that nobody learns which leaf is \
             wanted; download all of it, or go on where a download broke off"
        );
        let problem = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range-not-aligned", title, detail);
        Self { length: Some(length), ..problem }
    }

    /// There is no such thing: 404.
    pub(crate) fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// The path exists, the method does not: 405.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Method not allowed",
            "this path does not take that method; see the Allow header",
        )
    }

    /// The body is too large: 413.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "The request body is too large",
            format!("the body may have at most {limit} bytes"),
        )
    }

    /// The body is not JSON by its own header: 415.
    pub(crate) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "The request body is not JSON",
            "send the header content-type: application/json",
        )
    }

    /// It took too long: 408.
    pub(crate) fn timeout() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "The request took too long",
            "the request was not complete, or not answered, in time",
        )
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

    /// The client's quota is used: 429.
    pub(crate) fn rate_limited(retry_after_seconds: u32) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate-limited",
            "Too many requests",
            "you have used your quota; try again after the seconds in Retry-After, and see the header RateLimit",
        )
        .retry_after(retry_after_seconds)
    }

    /// The header Idempotency-Key is not one: 400.
    pub(crate) fn idempotency_key_malformed() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "idempotency-key-malformed",
            "The Idempotency-Key is not valid",
            "send one header idempotency-key with 1 to 255 visible ASCII characters, such as a UUID",
        )
    }

    /// The key came with another body: 422.
    pub(crate) fn idempotency_key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency-key-reused",
            "The Idempotency-Key was used for another request",
            "each request needs a key of its own; only the very same body may be sent again under this one",
        )
    }

    /// The same request is being worked on: 409.
    pub(crate) fn idempotency_key_in_use() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "idempotency-key-in-use",
            "The same request is still in progress",
            "ask again after the seconds in Retry-After, with the same Idempotency-Key",
        )
        .retry_after(1)
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

    /// Too many requests are being worked on: 503.
    pub(crate) fn overloaded() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "overloaded",
            "Too many requests at once",
            "the request was not begun and nothing was changed; try again shortly",
        )
        .retry_after(1)
    }

    /// This deployment lacks a setting that the request needs: 503.
    pub(crate) fn not_configured(what: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-configured", "Not configured", what)
    }

    /// Something that we depend on is away: 503.
    pub(crate) fn unavailable(what: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable", what).retry_after(2)
    }

    /// A fault of ours: 500. What it was is in the log, under the request id.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Internal error",
            "something went wrong on our side; quote the x-request-id header when you report it",
        )
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        if error.is_unavailable() {
            tracing::warn!(%error, cause, "database");
            Self::unavailable("the database does not answer; nothing was changed, try again shortly")
        } else {
            tracing::error!(%error, cause, "database");
            Self::internal()
        }
    }
}

/// What is shared between replicas cannot be read or written: what must happen once does not happen.
impl From<veilpass_shared_state::Unavailable> for Problem {
    fn from(_: veilpass_shared_state::Unavailable) -> Self {
        Self::unavailable("what the replicas of this service share is away; nothing was changed, try again shortly")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

/// Of a query that several requests waited for.
impl From<Arc<StoreError>> for Problem {
    fn from(error: Arc<StoreError>) -> Self {
        Self::from(&*error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let detail = self.detail.into_owned();
        let errors = self.field.map(|field| FieldError { field, detail: detail.clone() }).into_iter().collect();
        let now = OffsetDateTime::now_utc().replace_millisecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let document = ProblemDocument {
            r#type: format!("urn:veilpass:problem:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            detail,
            timestamp: now.format(&Rfc3339).unwrap_or_default(),
            errors,
        };
        let mut response = (self.status, axum::Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(range) = self.length.and_then(|length| format!("bytes */{length}").parse().ok()) {
            headers.insert(header::CONTENT_RANGE, range);
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
