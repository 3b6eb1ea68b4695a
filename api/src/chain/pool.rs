//! Several endpoints as one: the first that answers with a state that is new enough.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    endpoint::{Contextual, Endpoint, EndpointError},
    url::RpcUrl,
};

/// Bytes of an account that are asked for: a token account's own, and the type that follows in accounts with extensions.
pub(super) const ACCOUNT_BYTES: usize = 166;
/// How often all endpoints are asked, if some are merely behind.
const ROUNDS: u32 = 3;
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
        let endpoints = urls.into_iter().map(Endpoint::new).collect::<Result<_, _>>()?;
        Ok(Self { endpoints, newest_slot: AtomicU64::new(0) })
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
                match endpoint.request::<Contextual<T>>(method, &params).await {
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
