//! Requests and answers.

use std::time::Duration;

use reqwest::{
    Method, RequestBuilder, Response, StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::error::{ClientError, Problem};

/// Longest time for a request; downloads and event streams have none.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(35);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a request is sent while the API is busy or away.
const TRIES: u32 = 4;
/// Waited before another try, if the API does not say for how long; at most what it says is waited.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Talks to one API. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    /// A client of the API at `base`, such as `https://api.listen.example`.
    pub fn new(base: &str) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).build()?;
        Ok(Self::with_http(base, http))
    }

    /// The same with an HTTP client of one's own: for proxies, certificates, addresses.
    pub fn with_http(base: &str, http: reqwest::Client) -> Self {
        Self { http, base: base.trim_end_matches('/').to_owned() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        read(self.send(self.request(Method::GET, path).timeout(REQUEST_TIMEOUT)).await?).await
    }

    /// POST of a JSON document under an idempotency key of its own, so that it can be repeated.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let request = self.request(Method::POST, path).timeout(REQUEST_TIMEOUT).json(body);
        read(self.send(request.header("idempotency-key", Uuid::new_v4().to_string())).await?).await
    }

    /// POST without an answer's body.
    pub(crate) async fn post_only(&self, path: &str, body: &impl Serialize) -> Result<(), ClientError> {
        self.send(self.request(Method::POST, path).timeout(REQUEST_TIMEOUT).json(body)).await.map(drop)
    }

    /// Sends it, and again if the API is busy or away. What is sent more than once is a read, or carries an idempotency key, or
    /// changes nothing the second time.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let attempt = request.try_clone().ok_or_else(|| ClientError::Unexpected("a body that streams".into()))?;
            let pause = match attempt.send().await {
                Ok(response) if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED => {
                    return Ok(response);
                }
                Ok(response) => {
                    let pause = pause_of(&response);
                    let error = refused(response).await;
                    match pause {
                        Some(pause) if tries < TRIES && is_busy(&error) => pause,
                        _ => return Err(error),
                    }
                }
                Err(error) if tries < TRIES && error.is_connect() => PAUSE,
                Err(error) => return Err(error.into()),
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// The header's value, which logs do not show.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| ClientError::Unexpected("a token that is no header".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Refused at the door, so that nothing was done; or still being worked on under the same idempotency key.
fn is_busy(error: &ClientError) -> bool {
    let ClientError::Refused { status, problem } = error else { return false };
    matches!(*status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
        || problem.code() == "idempotency-key-in-use"
}

/// For how long to wait, if the API says so.
fn pause_of(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok().and_then(|text| text.parse().ok());
    Some(seconds.map_or(PAUSE, Duration::from_secs).clamp(PAUSE, LONGEST_PAUSE))
}

async fn refused(response: Response) -> ClientError {
    let status = response.status();
    let problem = match response.bytes().await {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(_) => Problem::default(),
    };
    ClientError::Refused { status, problem }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, ClientError> {
    let bytes = response.bytes().await?;
    serde_json::from_slice(&bytes).map_err(|error| ClientError::Unexpected(error.to_string()))
}
