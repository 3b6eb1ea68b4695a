//! How many requests a client may make in a time.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::{IntoResponse, Response},
};
use veilpass_shared_state::{Decision, Quota};

use crate::{problem::Problem, state::AppState};

/// draft-ietf-httpapi-ratelimit-headers-10: lists of structured fields (RFC 9651).
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The headers that everybody had before the draft.
const OLD_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const OLD_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const OLD_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Counts the request, and refuses it with 429 and `Retry-After` if the client has used its quota.
pub(crate) async fn limit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some(limiter) = &state.rate_limiter else { return next.run(request).await };
    let client = state.clients.name_of("rate-limit", request.extensions(), request.headers());
    let decision = limiter.check(&client).await;
    let mut response = match decision.allowed {
        true => next.run(request).await,
        false => Problem::rate_limited(seconds(decision.retry_after).max(1)).into_response(),
    };
    describe(response.headers_mut(), limiter.quota(), &decision);
    response
}

/// Says what the quota is and what is left of it. A reset is in seconds from now, when all of it is there again.
fn describe(headers: &mut HeaderMap, quota: Quota, decision: &Decision) {
    let (limit, remaining, reset) = (quota.burst.get(), decision.remaining, seconds(decision.reset));
    let window = seconds(quota.window()).max(1);
    for (name, text) in
        [(POLICY, format!("\"client\";q={limit};w={window}")), (LIMIT, format!("\"client\";r={remaining};t={reset}"))]
    {
        // Digits and quotes are always a value.
        headers.extend(HeaderValue::try_from(text).map(|value| (name, value)));
    }
    for (name, number) in [(OLD_LIMIT, limit), (OLD_REMAINING, remaining), (OLD_RESET, reset)] {
        headers.insert(name, number.into());
    }
}

/// Whole seconds: whoever waits so long does not come too early.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn headers_say_the_quota_and_what_is_left() {
        let number = |number| NonZeroU32::new(number).unwrap();
        let quota = Quota { per_minute: number(100), burst: number(50) };
        let decision =
            Decision { allowed: true, remaining: 49, reset: Duration::from_millis(600), retry_after: Duration::ZERO };
        let mut headers = HeaderMap::new();
        describe(&mut headers, quota, &decision);
        let expected = [
            ("ratelimit-policy", "\"client\";q=50;w=30"),
            ("ratelimit", "\"client\";r=49;t=1"),
            ("x-ratelimit-limit", "50"),
            ("x-ratelimit-remaining", "49"),
            ("x-ratelimit-reset", "1"),
        ];
        for (name, value) in expected {
            assert_eq!(headers[name], value, "{name}");
        }
        assert_eq!(headers.len(), expected.len());
    }
}
