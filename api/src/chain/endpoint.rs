//! One RPC endpoint, over JSON-RPC 2.0.

use std::time::{Duration, Instant};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use veilpass_telemetry::{RpcOutcome, record_rpc};

use super::url::RpcUrl;

/// For one request.
const TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest answer, in bytes: 100 accounts of which 166 bytes are asked for have about 50 kB. Anybody may make token accounts
/// for a wallet; those that fill this cost more than 10 SOL.
const MAX_ANSWER_BYTES: usize = 4 << 20;
/// JSON-RPC: invalid parameters. Solana answers so when it is asked about a mint that is not there.
const INVALID_PARAMS: i64 = -32602;

/// An answer that says which state it is of.
#[derive(Debug, Deserialize)]
pub(super) struct Contextual<T> {
    pub(super) context: Context,
    pub(super) value: T,
}

#[derive(Debug, Deserialize)]
pub(super) struct Context {
    pub(super) slot: u64,
}

/// Why there is no answer. Never with the URL.
#[derive(Debug, thiserror::Error)]
pub(super) enum EndpointError {
    /// This endpoint fails; another may not.
    #[error("{0}")]
    Failed(String),
    /// What was asked about does not exist.
    #[error("the parameters are refused")]
    InvalidParams,
}

#[derive(Deserialize)]
struct Answer<T> {
    // Absent if there is an error.
    result: Option<T>,
    error: Option<RpcError>,
}

#[derive(Deserialize)]
struct RpcError {
    code: i64,
}

pub(super) struct Endpoint {
    /// Its place in the settings, and how many there are.
    number: usize,
    of: usize,
    http: reqwest::Client,
    url: RpcUrl,
}

impl Endpoint {
    pub(super) fn new(number: usize, of: usize, url: RpcUrl) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { number, of, http, url })
    }

    pub(super) fn host(&self) -> String {
        self.url.host()
    }

    /// Asks for something of a state that is not before slot `seen`.
    pub(super) async fn request<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: &[Value],
        seen: u64,
    ) -> Result<Contextual<T>, EndpointError> {
        let begun = Instant::now();
        let answer = self.ask::<Contextual<T>>(method, params).await;
        let outcome = match &answer {
            Ok(answer) if answer.context.slot < seen => RpcOutcome::Behind,
            Ok(_) => RpcOutcome::Answered,
            Err(EndpointError::InvalidParams) => RpcOutcome::Refused,
            Err(EndpointError::Failed(_)) => RpcOutcome::Failed,
        };
        record_rpc(self.number, self.of, begun.elapsed(), outcome);
        answer
    }

    async fn ask<T: DeserializeOwned>(&self, method: &'static str, params: &[Value]) -> Result<T, EndpointError> {
        let failed = |reason: &str| EndpointError::Failed(reason.to_owned());
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let sent = self.http.post(self.url.url().clone()).json(&body).send().await;
        let mut response = sent.map_err(|error| failed(what_failed(&error)))?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(what_failed(&error)))? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(failed("the answer is too long"));
            }
            bytes.extend_from_slice(&chunk);
        }
        // Some send errors of JSON-RPC with a status of their own.
        let answer: Answer<T> = match serde_json::from_slice(&bytes) {
            Ok(answer) => answer,
            Err(_) if !status.is_success() => return Err(EndpointError::Failed(format!("HTTP {}", status.as_u16()))),
            Err(_) => return Err(failed("the answer is not what was asked for")),
        };
        match answer {
            Answer { error: Some(RpcError { code: INVALID_PARAMS }), .. } => Err(EndpointError::InvalidParams),
            Answer { error: Some(RpcError { code }), .. } => Err(EndpointError::Failed(format!("RPC error {code}"))),
            Answer { result: Some(result), .. } => Ok(result),
            Answer { .. } => Err(failed("the answer is empty")),
        }
    }
}

fn what_failed(error: &reqwest::Error) -> &'static str {
    match error {
        error if error.is_timeout() => "no answer in time",
        error if error.is_connect() => "no connection",
        _ => "the connection broke",
    }
}
