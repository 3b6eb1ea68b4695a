//! Errors as problem+json (RFC 9457): what happened, which field is to blame, what to do. Never internals.

pub(crate) mod figures;
mod jobs;
mod limits;
mod sessions;

use std::{borrow::Cow, sync::Arc};

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

    /// The body is not JSON by its own header: 415.
    pub(crate) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "The request body is not JSON",
            "send the header content-type: application/json",
        )
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
        figures::answered(self.code);
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
