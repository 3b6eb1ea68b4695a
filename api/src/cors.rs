//! Which pages of other origins may call the API from a browser.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// For how long a browser may remember the answer to a preflight.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// An origin that is allowed: scheme, host and port, as a browser sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// The text is not an origin.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "expected an origin, such as https://listen.example or http://localhost:5173: no path, no slash at its end, no *"
)]
pub struct ParseOriginError;

impl std::str::FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Self, ParseOriginError> {
        let authority =
            text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(ParseOriginError)?;
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
        if authority.is_empty() || !authority.chars().all(is_part) {
            return Err(ParseOriginError);
        }
        text.parse().map(Self).map_err(|_| ParseOriginError)
    }
}

/// Answers preflights, and lets pages of these origins read answers. Credentials (cookies) are never allowed: the API has none.
pub(crate) fn layer(origins: &[Origin]) -> CorsLayer {
    let exposed = [
        "content-range",
        "etag",
        "idempotent-replayed",
        "location",
        "preference-applied",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-request-id",
    ];
    let sent = [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-none-match",
        "if-range",
        "last-event-id",
        "prefer",
        "range",
        "x-request-id",
    ];
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().map(|origin| origin.0.clone())))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::DELETE])
        .allow_headers(sent.map(HeaderName::from_static))
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(MAX_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for origin in ["https://listen.example", "http://localhost:5173", "http://[::1]:8080"] {
            assert!(origin.parse::<Origin>().is_ok(), "{origin}");
        }
        for wrong in
            ["*", "null", "https://", "https://a/", "https://A.example", "ftp://a", "https://a b", "https://*.a", "a"]
        {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
