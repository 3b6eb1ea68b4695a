//! Many calls in one request.

use std::time::{Duration, Instant};

use reqwest::{StatusCode, header::RETRY_AFTER};
use serde_json::{Value, json};
use tokio::time::sleep;
use veilpass_telemetry::{RpcOutcome, record_rpc};

use crate::ledger::{LedgerError, reason};

/// How often a node that has too many requests is asked again, as the RPC's own client does for single calls.
const RETRIES: u32 = 5;
const RETRY_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_RETRY_PAUSE: Duration = Duration::from_secs(120);

/// Asks a node many calls in one request.
pub(crate) struct BatchClient {
    client: reqwest::Client,
    url: String,
}

impl BatchClient {
    pub(crate) fn new(url: String, timeout: Duration) -> Self {
        let client = reqwest::Client::builder().timeout(timeout).build();
        // Fails only if TLS cannot be set up, and so does this.
        Self { client: client.unwrap_or_default(), url }
    }

    /// Results of calls of one method, in the order of their parameters. `None` for a call that has no result: it failed, or
    /// the node takes no batches, or none of that size. Asked alone it says why.
    pub(crate) async fn ask(&self, method: &str, params: &[Value]) -> Result<Vec<Option<Value>>, LedgerError> {
        let call = |(id, params)| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let calls: Vec<Value> = params.iter().enumerate().map(call).collect();
        let mut results = vec![None; params.len()];
        let Some(answers) = self.post(&calls).await? else { return Ok(results) };
        for mut answer in answers {
            let id = answer["id"].as_u64().and_then(|id| usize::try_from(id).ok());
            if !answer["error"].is_null() {
                continue;
            }
            if let (Some(place), Some(result)) = (id.and_then(|id| results.get_mut(id)), answer.get_mut("result")) {
                *place = Some(result.take());
            }
        }
        Ok(results)
    }

    /// The answers, or `None` if the node takes no such batch.
    async fn post(&self, calls: &[Value]) -> Result<Option<Vec<Value>>, LedgerError> {
        let failed = |error: reqwest::Error| LedgerError::Request(reason(&error));
        let mut retries = RETRIES;
        loop {
            let begun = Instant::now();
            let record = |outcome| record_rpc(0, 1, begun.elapsed(), outcome);
            let response = match self.client.post(&self.url).json(calls).send().await {
                Ok(response) => response,
                Err(error) => {
                    record(RpcOutcome::Failed);
                    return Err(failed(error));
                }
            };
            let status = response.status();
            if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
                record(RpcOutcome::Failed);
            }
            if status == StatusCode::TOO_MANY_REQUESTS && retries > 0 {
                retries -= 1;
                let header =
                    response.headers().get(RETRY_AFTER).and_then(|seconds| seconds.to_str().ok()?.parse().ok());
                sleep(header.map_or(RETRY_PAUSE, Duration::from_secs).min(LONGEST_RETRY_PAUSE)).await;
                continue;
            }
            if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
                record(RpcOutcome::Refused);
                tracing::debug!(%status, calls = calls.len(), "the node takes no such batch");
                return Ok(None);
            }
            let answer = response.error_for_status().map_err(failed)?.json::<Value>().await;
            record(if answer.is_ok() { RpcOutcome::Answered } else { RpcOutcome::Failed });
            let answer = answer.map_err(failed)?;
            return Ok(match answer {
                Value::Array(answers) => Some(answers),
                _ => None,
            });
        }
    }
}
