//! Several RPC endpoints as one: the healthiest is asked first, the next when it fails.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use serde_json::Value;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::{
    api::{
        client_error::{Error, ErrorKind},
        request::{RpcError, RpcRequest},
    },
    nonblocking::rpc_client::RpcClient,
};
use veilpass_telemetry::{RpcOutcome, record_rpc};

/// What an RPC request failed of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RpcFailure {
    /// No endpoint answers: try again later.
    #[error("no RPC endpoint answers; the last one: {0}")]
    Unavailable(String),
    /// The request is refused: no other endpoint would take it.
    #[error("the RPC refuses: {message} ({code})")]
    Refused {
        /// JSON-RPC's number.
        code: i64,
        /// What it says.
        message: String,
    },
}

/// RPC endpoints.
pub struct RpcPool {
    endpoints: Vec<Endpoint>,
}

/// One of them.
pub(crate) struct Endpoint {
    /// Its place in the settings, and how many there are.
    number: usize,
    of: usize,
    client: RpcClient,
    /// Without path and query, which may hold a key.
    host: String,
    timeout: Duration,
    health: Mutex<Health>,
}

/// How an endpoint did lately.
#[derive(Debug, Clone, Copy)]
struct Health {
    /// Share of requests that it answered, recent ones counting most.
    answered: f64,
    /// Seconds that it takes, recent requests counting most.
    seconds: f64,
    failed_at: Option<Instant>,
}

/// How much a request counts among those before it.
const WEIGHT: f64 = 0.2;
/// For how long a failure keeps an endpoint behind the others.
const PENALTY: Duration = Duration::from_secs(10);

impl Health {
    fn note(&mut self, took: Duration, answered: bool) {
        self.answered += WEIGHT * (f64::from(u8::from(answered)) - self.answered);
        self.seconds += WEIGHT * (took.as_secs_f64() - self.seconds);
        self.failed_at = if answered { self.failed_at } else { Some(Instant::now()) };
    }

    /// Lower is better. An endpoint that failed just now comes after all that did not.
    fn cost(&self) -> f64 {
        let failing = self.failed_at.is_some_and(|at| at.elapsed() < PENALTY);
        self.seconds / self.answered.max(0.01) + if failing { 1e6 * (1.01 - self.answered) } else { 0.0 }
    }
}

impl RpcPool {
    /// A pool of endpoints, given by their URLs.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn new(urls: &[String], timeout: Duration) -> Self {
        assert!(!urls.is_empty(), "at least one RPC endpoint");
        let endpoint = |(number, url): (usize, &String)| Endpoint {
            number,
            of: urls.len(),
            client: RpcClient::new_with_timeout_and_commitment(url.clone(), timeout, CommitmentConfig::confirmed()),
            host: host(url).to_owned(),
            timeout,
            health: Mutex::new(Health { answered: 1.0, seconds: 0.0, failed_at: None }),
        };
        Self { endpoints: urls.iter().enumerate().map(endpoint).collect() }
    }

    /// The endpoints, the healthiest first.
    pub(crate) fn endpoints(&self) -> Vec<&Endpoint> {
        let mut endpoints: Vec<_> = self.endpoints.iter().map(|endpoint| (endpoint.cost(), endpoint)).collect();
        endpoints.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        endpoints.into_iter().map(|(_, endpoint)| endpoint).collect()
    }

    /// Asks one endpoint after the other, until one answers.
    pub async fn request<T: DeserializeOwned>(&self, request: RpcRequest, params: Value) -> Result<T, RpcFailure> {
        let mut last = None;
        for endpoint in self.endpoints() {
            match endpoint.request(request, params.clone()).await {
                Err(RpcFailure::Unavailable(reason)) => last = Some(reason),
                other => return other,
            }
        }
        Err(RpcFailure::Unavailable(last.unwrap_or_default()))
    }
}

impl Endpoint {
    fn cost(&self) -> f64 {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).cost()
    }

    /// Asks this endpoint.
    pub(crate) async fn request<T: DeserializeOwned>(
        &self,
        request: RpcRequest,
        params: Value,
    ) -> Result<T, RpcFailure> {
        let begun = Instant::now();
        let answer = match tokio::time::timeout(self.timeout, self.client.send(request, params)).await {
            Ok(answer) => answer.map_err(|error| failure(&error)),
            Err(_) => Err(RpcFailure::Unavailable("no answer in time".into())),
        };
        let outcome = match &answer {
            Ok(_) => RpcOutcome::Answered,
            Err(RpcFailure::Refused { .. }) => RpcOutcome::Refused,
            Err(RpcFailure::Unavailable(_)) => RpcOutcome::Failed,
        };
        let (took, answered) = (begun.elapsed(), outcome != RpcOutcome::Failed);
        record_rpc(self.number, self.of, took, outcome);
        self.health.lock().unwrap_or_else(PoisonError::into_inner).note(took, answered);
        answer.map_err(|failure| match failure {
            RpcFailure::Unavailable(reason) => {
                tracing::warn!(endpoint = self.host, request = request.as_str(), reason, "an RPC endpoint failed");
                RpcFailure::Unavailable(format!("{}: {reason}", self.host))
            }
            refused @ RpcFailure::Refused { .. } => refused,
        })
    }
}

/// Scheme and host of a URL.
fn host(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let rest = &url[start..];
    let rest = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    rest.rsplit('@').next().unwrap_or(rest)
}

/// Never with the URL, which may hold a key.
fn failure(error: &Error) -> RpcFailure {
    match error.kind() {
        ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) if !is_of_the_node(*code) => {
            RpcFailure::Refused { code: *code, message: message.clone() }
        }
        ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) => {
            RpcFailure::Unavailable(format!("{message} ({code})"))
        }
        ErrorKind::Reqwest(error) => RpcFailure::Unavailable(match error.status() {
            Some(status) => format!("HTTP {status}"),
            None if error.is_timeout() => "no answer in time".into(),
            None if error.is_connect() => "no connection".into(),
            None => "the connection broke, or the answer is no JSON".into(),
        }),
        ErrorKind::SerdeJson(_) => RpcFailure::Unavailable("the answer is not what was asked for".into()),
        _ => RpcFailure::Unavailable("the request failed".into()),
    }
}

/// Whether an error is about the state of that node: behind, unhealthy, without the slot, overloaded, broken.
const fn is_of_the_node(code: i64) -> bool {
    matches!(code, -32004 | -32005 | -32007 | -32009 | -32014 | -32016 | -32603 | 429)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_failed_comes_last_and_recovers() {
        let pool = RpcPool::new(&["http://a/key".into(), "http://b/key".into()], Duration::from_secs(1));
        let order = || pool.endpoints().iter().map(|endpoint| endpoint.host.clone()).collect::<Vec<_>>();
        pool.endpoints[0].health.lock().unwrap().note(Duration::from_millis(1), false);
        assert_eq!(order(), ["b", "a"]);
        pool.endpoints[0].health.lock().unwrap().failed_at = None;
        pool.endpoints[1].health.lock().unwrap().note(Duration::from_millis(900), true);
        assert_eq!(order(), ["a", "b"]);
    }

    #[test]
    fn a_host_is_shown_without_what_may_be_a_key() {
        assert_eq!(host("https://user:key@rpc.example:8899/path?api-key=x"), "rpc.example:8899");
        assert_eq!(host("https://rpc.example?api-key=x"), "rpc.example");
    }

    #[tokio::test]
    async fn nobody_there_is_said_without_the_url() {
        let pool = RpcPool::new(&["http://127.0.0.1:1/secret".into()], Duration::from_secs(1));
        let failed = pool.request::<u64>(RpcRequest::GetSlot, Value::Null).await.unwrap_err();
        assert_eq!(failed, RpcFailure::Unavailable("127.0.0.1:1: no connection".into()));
    }
}
