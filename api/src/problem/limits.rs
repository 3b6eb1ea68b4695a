//! Problems of who asks, how often and how much.

use std::borrow::Cow;

use axum::http::StatusCode;

use super::Problem;

impl Problem {
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

    /// The body is too large: 413.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "The request body is too large",
            format!("the body may have at most {limit} bytes"),
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

    /// No reference string is on this machine: 503.
    pub(crate) fn no_reference_string() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no-reference-string",
            "No reference string",
            "this API has no reference string for devices; let a prover prove, or ask the operator to set CRS_PATH",
        )
        .retry_after(60)
    }
}
