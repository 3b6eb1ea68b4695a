//! Request bodies: strict JSON, whose errors name the field.

use std::{fmt::Display, str::FromStr};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{StatusCode, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use uuid::Uuid;

use crate::{problem::Problem, router::BODY_LIMIT};

/// Most characters of a client's text that a problem repeats: answers are kept, and their room is everybody's.
const LONGEST_ECHO: usize = 64;

/// A JSON body. Unknown fields are refused by the types themselves (`deny_unknown_fields`).
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Problem::not_json());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| describe(&error))?;
        deserializer.end().map_err(|_| Problem::malformed("something follows the JSON document"))?;
        Ok(Self(value))
    }
}

pub(crate) fn unreadable(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large(BODY_LIMIT)
    } else {
        Problem::malformed("the body could not be read to its end")
    }
}

fn describe(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    use serde_json::error::Category;
    let (path, inner) = (error.path().to_string(), error.inner());
    match inner.classify() {
        Category::Eof => Problem::malformed("the JSON document ends too early"),
        Category::Syntax | Category::Io => Problem::malformed(format!("not JSON: {}", without_position(inner))),
        Category::Data => {
            let message = without_position(inner);
            match field_of(&path, &message) {
                Some(field) => Problem::malformed_field(beginning(&field), shortened(&message)),
                None => Problem::malformed(shortened(&message)),
            }
        }
    }
}

/// serde_json ends its messages with " at line 1 column 2", which says nothing about a one-line body.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}

/// A message of serde with the beginning of what it quotes, which is the client's. What was expected is ours, and stands last.
fn shortened(message: &str) -> String {
    let (said, rest) = message.split_at(message.find(['`', '"']).unwrap_or(message.len()));
    let (quoted, expected) = rest.split_at(rest.rfind(", expected ").unwrap_or(rest.len()));
    format!("{said}{}{expected}", beginning(quoted))
}

/// The text, or its beginning and an ellipsis.
fn beginning(text: &str) -> String {
    let mut beginning: String = text.chars().take(LONGEST_ECHO).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    beginning
}

/// The field to blame: the path, or for a missing, unknown or repeated field the name that serde puts in its message.
fn field_of(path: &str, message: &str) -> Option<String> {
    let named = message
        .strip_prefix("missing field `")
        .or_else(|| message.strip_prefix("unknown field `"))
        .or_else(|| message.strip_prefix("duplicate field `"))
        .and_then(|rest| rest.split('`').next());
    let path = if path == "." { "" } else { path };
    match named {
        Some(name) if path.is_empty() => Some(name.to_owned()),
        Some(name) if path == name || path.ends_with(&format!(".{name}")) => Some(path.to_owned()),
        Some(name) => Some(format!("{path}.{name}")),
        None if path.is_empty() => None,
        None => Some(path.to_owned()),
    }
}

/// Bytes of exactly `N`, as padded standard base64.
#[derive(Debug, Clone)]
pub(crate) struct Base64Bytes<const N: usize>(pub(crate) Box<[u8; N]>);

impl<'de, const N: usize> Deserialize<'de> for Base64Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes =
            BASE64_STANDARD.decode(text.as_bytes()).map_err(|_| D::Error::custom("not padded standard base64"))?;
        let found = bytes.len();
        let bytes: Box<[u8; N]> = bytes
            .into_boxed_slice()
            .try_into()
            .map_err(|_| D::Error::custom(format!("expected {N} bytes, found {found}")))?;
        Ok(Self(bytes))
    }
}

/// A value in text, such as an address in base58.
pub(crate) fn from_text<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    use serde::de::Error;
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

/// A signature of 64 bytes, base58.
pub(crate) struct Base58Signature(pub(crate) [u8; 64]);

impl<'de> Deserialize<'de> for Base58Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        // 64 bytes have 64 to 88 digits; the length first, because decoding is quadratic.
        let decoded = if text.len() <= 88 { bs58::decode(text.as_bytes()).onto(&mut bytes).ok() } else { None };
        if decoded == Some(64) { Ok(Self(bytes)) } else { Err(D::Error::custom("not a signature: base58 of 64 bytes")) }
    }
}

/// A UUID in its one canonical text: lowercase, with hyphens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CanonicalUuid(pub(crate) Uuid);

impl<'de> Deserialize<'de> for CanonicalUuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let id: Option<Uuid> = text.parse().ok();
        id.filter(|id| id.to_string() == text)
            .map(Self)
            .ok_or_else(|| D::Error::custom("expected a UUID, lowercase with hyphens"))
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::HeaderValue,
        response::IntoResponse,
    };
    use serde_json::{Value, json};

    use super::*;

    #[derive(Deserialize)]
    enum Kind {
        Known,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "kind")]
        _kind: Kind,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
        #[serde(rename = "number")]
        _number: Option<u8>,
        #[serde(rename = "inner")]
        _inner: Option<Inner>,
    }

    /// The problem that a document is answered with.
    async fn problem(document: &Value) -> String {
        let mut request = Request::new(Body::from(document.to_string()));
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let Err(problem) = Json::<Document>::from_request(request, &()).await else { panic!("taken: {document}") };
        let answer = to_bytes(problem.into_response().into_body(), usize::MAX).await.unwrap();
        String::from_utf8(answer.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_problem_repeats_no_more_than_the_beginning_of_what_a_client_wrote() {
        // The first is six times as long in JSON, the second looks like the end of a message.
        for long in ["\u{1}".repeat(4_000), "é`, expected \" ".repeat(1_000)] {
            for document in [
                json!({ (long.as_str()): 1 }),
                json!({ "inner": { (long.as_str()): 1 } }),
                json!({ "number": long }),
                json!({ "inner": { "kind": long } }),
            ] {
                let text = problem(&document).await;
                assert!(text.len() < 2_048, "{} bytes: {text}", text.len());
                let problem: Value = serde_json::from_str(&text).unwrap();
                assert!(problem["detail"].as_str().unwrap().contains("…, expected "), "{problem}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_short_is_repeated_whole() {
        let problem: Value = serde_json::from_str(&problem(&json!({ "inner": { "kind": "Kown" } })).await).unwrap();
        assert_eq!(problem["detail"], "unknown variant `Kown`, expected `Known`");
        assert_eq!(problem["errors"][0]["field"], "inner.kind");
    }
}
