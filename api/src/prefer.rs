//! The `Prefer` header (RFC 7240), as far as it says how long a client would wait.

use std::{convert::Infallible, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};

/// The longest wait in a request, whatever the client prefers; well below the longest time of a request.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// What the client prefers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prefer {
    /// To have its answer in this request, if that takes no longer.
    pub(crate) wait: Option<Duration>,
}

impl Prefer {
    fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let preferences = lines.flat_map(|line| line.split(','));
        let wait = preferences.filter_map(|preference| {
            // Parameters follow a semicolon; `wait` has none.
            let (name, value) = preference.split(';').next()?.split_once('=')?;
            let digits = Some(value.trim().trim_matches('"')).filter(|value| !value.starts_with('+'))?;
            let seconds = digits.parse().ok().map(Duration::from_secs)?;
            name.trim().eq_ignore_ascii_case("wait").then_some(seconds.min(LONGEST_WAIT))
        });
        // Of a preference that is stated twice the first counts, says the RFC.
        Self { wait: { wait }.next().filter(|wait| !wait.is_zero()) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Prefer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wait(lines: &[&str]) -> Option<u64> {
        Prefer::parse(lines.iter().copied()).wait.map(|wait| wait.as_secs())
    }

    #[test]
    fn says_how_long_to_wait() {
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&["respond-async, Wait = 7; of=no use"]), Some(7));
        assert_eq!(wait(&["respond-async", "wait=\"5\"", "wait=6"]), Some(5));
        assert_eq!(wait(&["wait=100000"]), Some(20));
        for nothing in
            ["wait", "wait=", "wait=-1", "wait=+1", "wait=1.5", "wait=0", "awaits=3", "wait=99999999999999999999"]
        {
            assert_eq!(wait(&[nothing]), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn nobody_waits_longer_than_the_longest(
            lines in prop::collection::vec("(wait ?= ?\"?[0-9]{0,22}\"?[;,]?|.{0,9}){0,4}", 0..4),
        ) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            prop_assert!(wait(&lines).is_none_or(|seconds| (1..=LONGEST_WAIT.as_secs()).contains(&seconds)));
        }
    }
}
