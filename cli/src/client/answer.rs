//! What the API answers.

use reqwest::{Response, StatusCode, header::HeaderMap};
use serde_json::Value;

/// A status and its JSON document.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// The body; `null` if it is not JSON.
    pub body: Value,
    /// The media type.
    pub content_type: String,
    /// All headers.
    pub headers: HeaderMap,
}

impl Answer {
    pub(super) async fn read(response: Response) -> anyhow::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        let header = response.headers().get(reqwest::header::CONTENT_TYPE);
        let content_type = header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = response.bytes().await?;
        Ok(Self { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), content_type, headers })
    }

    /// The last part of the problem's type, such as `nullifier-used`; empty for a success.
    pub fn problem(&self) -> &str {
        self.body["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default()
    }

    /// A header's text; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The first field that the problem names.
    pub fn field(&self) -> &str {
        self.body["errors"][0]["field"].as_str().unwrap_or_default()
    }
}
