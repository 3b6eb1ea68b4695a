//! Every request to `/ops/v1` needs an operator's key.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

use super::keys::{OperatorKey, operator_of};
use crate::{admission::retry_after_seconds, problem::Problem};

/// Requests of one address in a minute, with a key or without: a scraper each second, or a guesser.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(120).expect("not zero");
/// Addresses that are remembered until those that were silent are forgotten.
const MANY_ADDRESSES: usize = 1024;

/// The name of the key that a request came with.
#[derive(Clone)]
pub(crate) struct Operator(pub(crate) Arc<str>);

/// Lets operators in.
pub(crate) struct Gate {
    keys: Vec<OperatorKey>,
    attempts: DefaultKeyedRateLimiter<IpAddr>,
}

impl Gate {
    pub(crate) fn new(keys: Vec<OperatorKey>) -> Self {
        Self { keys, attempts: RateLimiter::hashmap(Quota::per_minute(PER_MINUTE)) }
    }

    fn admit(&self, peer: IpAddr, headers: &HeaderMap) -> Result<Operator, Problem> {
        if self.attempts.len() > MANY_ADDRESSES {
            self.attempts.retain_recent();
        }
        if let Err(until) = self.attempts.check_key(&peer) {
            let wait = until.wait_time_from(self.attempts.clock().now());
            return Err(Problem::too_many_attempts(retry_after_seconds(wait)));
        }
        let name = bearer(headers).and_then(|key| operator_of(&self.keys, key));
        name.map(|name| Operator(name.into())).ok_or_else(Problem::not_an_operator)
    }
}

/// The token of `Authorization: Bearer <token>` (RFC 6750); the scheme's case does not matter.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Answers 401 to whoever has no key, 429 to whoever tries too often.
pub(crate) async fn require_operator(
    State(gate): State<Arc<Gate>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    match gate.admit(peer.ip(), request.headers()) {
        Ok(operator) => {
            request.extensions_mut().insert(operator);
            next.run(request).await
        }
        Err(problem) => {
            tracing::warn!(%peer, path = request.uri().path(), "no operator");
            let mut response = problem.into_response();
            if response.status() == StatusCode::UNAUTHORIZED {
                let challenge = HeaderValue::from_static("Bearer realm=\"veilpass operators\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_tries_too_often_waits_even_with_the_right_key() {
        let hash = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
        let gate = Gate::new(vec![format!("ann:{hash}").parse().unwrap()]);
        let headers =
            |text: &'static str| HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(text))]);
        let (one, other) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        assert_eq!(&*gate.admit(one, &headers("bearer foo")).unwrap().0, "ann");
        for wrong in ["Bearer bar", "Bearer", "Basic foo", "foo", "Bearer "] {
            let refused = gate.admit(one, &headers(wrong)).err().unwrap();
            assert_eq!(refused.into_response().status(), StatusCode::UNAUTHORIZED, "{wrong}");
        }
        for _ in 0..PER_MINUTE.get() {
            let _ = gate.admit(one, &HeaderMap::new());
        }
        let refused = gate.admit(one, &headers("Bearer foo")).err().unwrap().into_response();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(gate.admit(other, &headers("Bearer foo")).is_ok());
    }
}
