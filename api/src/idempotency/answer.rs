//! The answer to a request, as it is kept for the same request.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

/// The headers of an answer that are part of it. All others are made for each request.
const KEPT_HEADERS: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::LOCATION,
    header::RETRY_AFTER,
    header::CACHE_CONTROL,
    HeaderName::from_static("preference-applied"),
];

/// An answer that was given.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    /// Base64.
    body: String,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let kept = |name: &HeaderName| Some((name.to_string(), headers.get(name)?.to_str().ok()?.to_owned()));
        Self {
            status: status.as_u16(),
            headers: KEPT_HEADERS.iter().filter_map(kept).collect(),
            body: BASE64_STANDARD.encode(body),
        }
    }

    /// None if it is not what [`Self::new`] makes.
    pub(crate) fn into_response(self) -> Option<Response> {
        let mut response = Response::new(Body::from(BASE64_STANDARD.decode(&self.body).ok()?));
        *response.status_mut() = StatusCode::from_u16(self.status).ok()?;
        for (name, value) in self.headers {
            response.headers_mut().insert(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_given_again_without_what_belongs_to_one_request() {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, HeaderValue::from_static("/v1/proofs/7"));
        headers.insert("x-request-id", HeaderValue::from_static("of the first"));
        let kept = serde_json::to_vec(&Answer::new(StatusCode::ACCEPTED, &headers, b"\xff{}")).unwrap();
        let response = serde_json::from_slice::<Answer>(&kept).unwrap().into_response().unwrap();
        assert_eq!((response.status().as_u16(), response.headers().len()), (202, 1));
        assert_eq!(response.headers()[header::LOCATION], "/v1/proofs/7");
        assert_eq!(axum::body::to_bytes(response.into_body(), 9).await.unwrap(), &b"\xff{}"[..]);
    }
}
