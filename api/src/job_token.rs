//! Job tokens: whoever has one may ask about a job, cancel it, and fetch its proof once.

use std::fmt;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::Rng;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use veilpass_store::TokenHash;
use zeroize::Zeroizing;

use crate::problem::Problem;

/// 32 random bytes; 43 characters of unpadded base64url in JSON. Shown once, in the answer to the request that it is for; only its
/// SHA-256 is stored. Cannot be printed; wiped when dropped.
#[derive(Clone, ToSchema)]
#[schema(value_type = String, min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
pub(crate) struct JobToken(Zeroizing<[u8; 32]>);

impl JobToken {
    /// Draws a token.
    pub(crate) fn draw() -> Self {
        Self(Zeroizing::new(rand::rng().random()))
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }

    /// `None`: not the text of a token.
    fn parse(text: &str) -> Option<Self> {
        // The decoder wants room for what 43 characters could be at most.
        let mut decoded = Zeroizing::new([0; 33]);
        let length = BASE64_URL_SAFE_NO_PAD.decode_slice(text, decoded.as_mut()).ok();
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&decoded[..32]);
        (text.len() == 43 && length == Some(32)).then_some(Self(bytes))
    }
}

impl fmt::Debug for JobToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JobToken(redacted)")
    }
}

impl Serialize for JobToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(self.0.as_slice())))
    }
}

/// What stands in `Authorization: Bearer`, as far as it is looked up: whether it is a token of the job in question is the
/// store's to say. Without that header the request is refused, whatever job it names.
pub(crate) struct Bearer(pub(crate) TokenHash);

impl<S: Send + Sync> FromRequestParts<S> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let missing =
            || Problem::unauthorized("send the job_token that POST /v1/proofs answered with, as Authorization: Bearer");
        let header = parts.headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
        let (scheme, text) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(missing());
        }
        // What is no token is looked up like one that nobody has: the answer is the same after the same work.
        Ok(Self(JobToken::parse(text.trim()).unwrap_or_else(JobToken::draw).hash()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is() {
        let token = JobToken::draw();
        let text = serde_json::to_value(&token).unwrap();
        let text = text.as_str().unwrap();
        assert_eq!(JobToken::parse(text).unwrap().hash(), token.hash());
        assert_ne!(JobToken::draw().hash(), token.hash());
        for wrong in ["", &text[1..], &format!("{text}="), &format!("{text}A"), &text.replace(&text[5..6], "+")] {
            assert!(JobToken::parse(wrong).is_none());
        }
        assert_eq!(format!("{token:?}"), "JobToken(redacted)");
    }

    proptest! {
        #[test]
        fn a_token_has_one_text(text in "[A-Za-z0-9_-]{43}|[!-~]{0,50}") {
            let again = JobToken::parse(&text).map(|token| serde_json::to_value(&token).unwrap());
            prop_assert!(again.is_none_or(|again| again == text.as_str()), "{text}");
        }
    }
}
