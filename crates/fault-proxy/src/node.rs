//! The node behind the proxy, and sending transactions to it.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{Fault, faults::Faults, history::History};

/// The node does not answer, or shall not seem to: the connection ends.
#[derive(Debug, thiserror::Error)]
#[error("the connection ends")]
pub(crate) struct Gone;

pub(crate) struct Node {
    client: reqwest::Client,
    url: String,
    faults: Faults,
    pub(crate) history: History,
}

impl Node {
    pub(crate) fn new(url: &str, faults: Faults) -> Self {
        Self { client: reqwest::Client::new(), url: url.to_owned(), faults, history: History::default() }
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Answers a call, or a batch of them.
    pub(crate) async fn answer(&self, calls: &Value, fault: Option<Fault>) -> Result<Value, Gone> {
        let Some(batch) = calls.as_array() else { return self.call(calls, fault).await };
        let mut answers = vec![];
        for call in batch {
            answers.push(self.call(call, fault).await?);
        }
        Ok(answers.into())
    }

    async fn call(&self, call: &Value, fault: Option<Fault>) -> Result<Value, Gone> {
        match (call["method"].as_str(), fault) {
            (Some("sendTransaction"), Some(Fault::SendTwice)) => {
                let answer = self.pass(call).await;
                // What the node says to the second is not told.
                let _ = self.pass(call).await;
                answer
            }
            (Some("sendTransaction"), Some(Fault::SwallowSend)) => {
                let signature = signature(&call["params"]).ok_or(Gone)?;
                Ok(json!({"jsonrpc": "2.0", "id": call["id"], "result": signature}))
            }
            (Some(method), _) => self.seen(method, call).await,
            (None, _) => self.pass(call).await,
        }
    }

    /// What the node itself answers.
    pub(crate) async fn pass(&self, call: &Value) -> Result<Value, Gone> {
        let response = self.client.post(&self.url).json(call).send().await.map_err(|_| Gone)?;
        response.json().await.map_err(|_| Gone)
    }

    /// The node's result of a call of the proxy's own.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> Result<Value, Gone> {
        let mut answer = self.pass(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).await?;
        answer.get_mut("result").map(Value::take).ok_or(Gone)
    }
}

/// The first signature of a transaction that is to be sent.
fn signature(params: &Value) -> Option<String> {
    let text = params[0].as_str()?;
    let bytes = match params[1]["encoding"].as_str() {
        Some("base64") => BASE64_STANDARD.decode(text).ok()?,
        _ => bs58::decode(text).into_vec().ok()?,
    };
    // Version 1 (SIMD-0385) begins with its number, and ends with as many signatures as its second byte says. Others begin
    // with the number of signatures, which is less than 128.
    let signatures = match bytes.first()? {
        0x80.. => bytes.len().checked_sub(64 * usize::from(*bytes.get(1)?))?,
        _ => 1,
    };
    Some(bs58::encode(bytes.get(signatures..signatures + 64)?).into_string())
}
