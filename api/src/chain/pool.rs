//! Several endpoints as one: the first that answers with a state that is new enough.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use super::{
    endpoint::{Endpoint, EndpointError},
    url::RpcUrl,
};

/// Bytes of an account that are asked for: a token account's own, and the type that follows in accounts with extensions.
pub(super) const ACCOUNT_BYTES: usize = 166;
/// How often all endpoints are asked, if some are merely behind.
const ROUNDS: u32 = 3;
/// An account that every cluster has.
const SYSTEM_PROGRAM: &str = "11111111111111111111111111111111";
const PAUSE: Duration = Duration::from_millis(400);

/// The chain cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChainError {
    /// No endpoint gives a useful answer now.
    #[error("no RPC endpoint answers with a finalized state that is new enough")]
    Unavailable,
    /// What was asked about is not there.
    #[error("the chain does not know what was asked about")]
    Unknown,
}

/// Reads finalized state.
pub(crate) struct ChainReader {
    endpoints: Vec<Endpoint>,
    /// The newest finalized slot that any endpoint has told.
    newest_slot: AtomicU64,
}

impl ChainReader {
    /// Endpoints in the order in which they are asked.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub(crate) fn new(urls: Vec<RpcUrl>) -> Result<Self, reqwest::Error> {
        let of = urls.len();
        let endpoint = |(number, url)| Endpoint::new(number, of, url);
        let endpoints = urls.into_iter().enumerate().map(endpoint).collect::<Result<_, _>>()?;
        Ok(Self { endpoints, newest_slot: AtomicU64::new(0) })
    }

    /// How many endpoints there are.
    pub(crate) fn endpoints(&self) -> usize {
        self.endpoints.len()
    }

    /// Whether an endpoint tells a finalized state: asks for an account that every cluster has.
    ///
    /// # Errors
    /// If none does.
    pub(crate) async fn ping(&self) -> Result<(), ChainError> {
        self.ask::<IgnoredAny>("getAccountInfo", &[json!(SYSTEM_PROGRAM)]).await.map(drop)
    }

    /// Asks about accounts. The answer is of the slot that comes with it.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: &[Value],
    ) -> Result<(u64, T), ChainError> {
        // As of now: an answer that another request overtakes on its way is not behind.
        let seen = self.newest_slot.load(Ordering::Relaxed);
        let config = json!({
            "commitment": "finalized",
            "encoding": "base64",
            "dataSlice": { "offset": 0, "length": ACCOUNT_BYTES },
            "minContextSlot": seen,
        });
        let params: Vec<Value> = params.iter().cloned().chain([config]).collect();
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let mut is_behind = false;
            for endpoint in &self.endpoints {
                match endpoint.request::<T>(method, &params, seen).await {
                    Ok(answer) if answer.context.slot >= seen => {
                        self.newest_slot.fetch_max(answer.context.slot, Ordering::Relaxed);
                        return Ok((answer.context.slot, answer.value));
                    }
                    Ok(answer) => {
                        is_behind = true;
                        let slots = seen - answer.context.slot;
                        tracing::warn!(endpoint = endpoint.host(), method, slots, "an RPC endpoint is behind");
                    }
                    Err(EndpointError::InvalidParams) => return Err(ChainError::Unknown),
                    Err(EndpointError::Failed(reason)) => {
                        tracing::warn!(endpoint = endpoint.host(), method, reason, "an RPC endpoint failed");
                    }
                }
            }
            if !is_behind {
                break;
            }
        }
        Err(ChainError::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{Json, Router, extract::State, routing::post};

    use super::*;

    /// A node whose newest finalized slot is what the test says.
    async fn node(slot: Arc<AtomicU64>) -> RpcUrl {
        let answer = async |State(slot): State<Arc<AtomicU64>>| {
            let slot = slot.load(Ordering::Relaxed);
            Json(json!({ "jsonrpc": "2.0", "id": 1, "result": { "context": { "slot": slot }, "value": slot } }))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(
            async move { axum::serve(listener, Router::new().route("/", post(answer)).with_state(slot)).await },
        );
        url
    }

    #[tokio::test]
    async fn an_endpoint_that_is_behind_what_was_seen_is_passed_over() {
        let (first, second) = (Arc::new(AtomicU64::new(10)), Arc::new(AtomicU64::new(20)));
        let urls = vec![node(Arc::clone(&first)).await, node(Arc::clone(&second)).await];
        let reader = ChainReader::new(urls).unwrap();
        let ask = async || reader.ask::<u64>("getSlot", &[]).await;
        assert_eq!(ask().await, Ok((10, 10)));
        first.store(30, Ordering::Relaxed);
        assert_eq!(ask().await, Ok((30, 30)));
        first.store(25, Ordering::Relaxed);
        second.store(31, Ordering::Relaxed);
        assert_eq!(ask().await, Ok((31, 31)));
        second.store(29, Ordering::Relaxed);
        assert_eq!(ask().await, Err(ChainError::Unavailable), "both are behind");
        first.store(31, Ordering::Relaxed);
        assert_eq!(ask().await, Ok((31, 31)));
    }
}
