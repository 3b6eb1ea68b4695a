//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is sent again is not done again.
//!
//! A key belongs to its caller (the client's address, and its `Authorization` if it sends one), method and path: to another
//! caller it means nothing. The answer is kept for a day, sealed: it may hold secrets of the caller. In one process without
//! Redis it is kept for at least ten minutes, then as long as there is room, and until the process ends. A refusal is kept for
//! five minutes, if it is short: it costs its client nothing, and must not take the room of what was done.
//!
//! The request goes on to its end even if its client leaves, since its answer is what a retry asks for. A key whose request
//! did not end (a killed replica) is free again after a minute.
//!
//! **When Redis is away** a request with a key is refused with 503: a retry could act twice. One without a key goes on.

mod answer;
mod record;

use std::{sync::Arc, time::Duration};

use answer::Answer;
use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{FromRequest, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics::{counter, describe_counter};
pub(crate) use record::Records;
use record::{Held, RecordName};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tracing::Instrument;

use crate::{body, problem::Problem, router::REQUEST_TIMEOUT, state::AppState};

/// Where the header counts. Elsewhere it is ignored: reading twice is no harm.
pub(crate) const PATHS: [&str; 4] = ["/v1/proofs", "/v1/verifications", "/v1/enrollments", "/v1/grants"];
/// The header of a request.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const LONGEST_KEY: usize = 255;
/// Longest body of an answer that is kept, in bytes.
const LONGEST_ANSWER: usize = 32 << 10;
/// The same of a refusal: those of one client, by the default quota, take less than half of the memory.
const LONGEST_REFUSAL: usize = 2 << 10;
/// For how long a request may be in progress: longer than the router lets it.
const IN_PROGRESS: Duration = Duration::from_secs(60);
/// For how long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// The same of a refusal: until a client has given up sending it again.
const REFUSAL_KEPT: Duration = Duration::from_secs(300);
const OUTCOMES: &str = "veilpass_idempotency_total";

/// Answers a request with an `Idempotency-Key` once, and later with the same answer.
pub(crate) async fn act_once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !PATHS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match key_of(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => once(state, &key, request, next).await.unwrap_or_else(Problem::into_response),
        Err(problem) => problem.into_response(),
    }
}

/// The key: one header of 1 to 255 visible ASCII characters. The draft's quoted strings are keys as they stand.
fn key_of(headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(key) = values.next() else { return Ok(None) };
    let is_key = (1..=LONGEST_KEY).contains(&key.len()) && key.as_bytes().iter().all(u8::is_ascii_graphic);
    match is_key && values.next().is_none() {
        true => Ok(Some(key.clone())),
        false => Err(Problem::idempotency_key_malformed()),
    }
}

async fn once(state: AppState, key: &HeaderValue, request: Request, next: Next) -> Result<Response, Problem> {
    let records = Arc::clone(&state.idempotency);
    let client = state.clients.name_of("idempotency", request.extensions(), request.headers());
    let authorization = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let name = records.name(&[
        &client,
        authorization.unwrap_or_default(),
        request.method().as_str().as_bytes(),
        request.uri().path().as_bytes(),
        key.as_bytes(),
    ]);
    let (parts, content) = request.into_parts();
    let content =
        Bytes::from_request(Request::from_parts(parts.clone(), content), &state).await.map_err(body::unreadable)?;
    let fingerprint = records.fingerprint(&content);

    let permit = records.begin().ok_or_else(Problem::overloaded)?;
    let claim = match records.claim(&name, &fingerprint, IN_PROGRESS).await? {
        Held::Nothing(claim) => claim,
        Held::OtherBody => return Err(refuse("reused", Problem::idempotency_key_reused())),
        Held::InProgress => return Err(refuse("in use", Problem::idempotency_key_in_use())),
        Held::Answer(answer) => return Ok(replay(answer)),
    };
    counter!(OUTCOMES, "outcome" => "new").increment(1);
    let request = Request::from_parts(parts, Body::from(content));
    let work = act(records, name, claim, permit, request, next).in_current_span();
    // In a task of its own: it ends also if the client is gone.
    tokio::spawn(work).await.unwrap_or_else(|panic| {
        tracing::error!(%panic, "a request with an idempotency key");
        Err(Problem::internal())
    })
}

fn refuse(outcome: &'static str, problem: Problem) -> Problem {
    counter!(OUTCOMES, "outcome" => outcome).increment(1);
    problem
}

async fn act(
    records: Arc<Records>,
    name: RecordName,
    claim: Vec<u8>,
    _permit: OwnedSemaphorePermit,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    // What it did by then is not known, so the key stays taken for the rest of its minute.
    let response = timeout(REQUEST_TIMEOUT, next.run(request)).await.map_err(|_| Problem::timeout())?;
    if !is_final(&response) {
        if records.release(&name, &claim).await.is_err() {
            tracing::warn!("an idempotency key could not be given back; it is free in a minute");
        }
        return Ok(response);
    }
    keep(&records, &name, &claim, response).await
}

/// Keeps the answer in the place of its claim, if it is not too long.
async fn keep(records: &Records, name: &RecordName, claim: &[u8], response: Response) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let (longest, life) = bounds(parts.status);
    if body.size_hint().upper().is_none_or(|bytes| bytes > longest as u64) {
        tracing::error!("an answer is too long to be kept under its idempotency key");
        return Ok(Response::from_parts(parts, body));
    }
    let content = to_bytes(body, longest).await.map_err(|_| Problem::internal())?;
    let answer = Answer::new(parts.status, &parts.headers, &content);
    if !records.settle(name, claim, answer, life).await.unwrap_or(false) {
        tracing::warn!("an answer could not be kept under its idempotency key");
    }
    Ok(Response::from_parts(parts, Body::from(content)))
}

/// How long an answer may be that is kept, and for how long it is.
fn bounds(status: StatusCode) -> (usize, Duration) {
    match status.is_success() {
        true => (LONGEST_ANSWER, KEPT),
        false => (LONGEST_REFUSAL, REFUSAL_KEPT),
    }
}

/// Whether the same request would be answered alike: it was done, or cannot be. What may be otherwise later is tried again.
fn is_final(response: &Response) -> bool {
    let status = response.status();
    let refused = matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::CONFLICT
            | StatusCode::GONE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    );
    status.is_success() || refused && !response.headers().contains_key(header::RETRY_AFTER)
}

fn replay(answer: Answer) -> Response {
    let Some(mut response) = answer.into_response() else {
        tracing::error!("an idempotency record holds no answer");
        return Problem::internal().into_response();
    };
    counter!(OUTCOMES, "outcome" => "replayed").increment(1);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Says what the metrics mean.
pub(crate) fn describe() {
    describe_counter!(OUTCOMES, "Requests with an Idempotency-Key by outcome: new, replayed, in use, reused");
    for outcome in ["new", "replayed", "in use", "reused"] {
        counter!(OUTCOMES, "outcome" => outcome).increment(0);
    }
}

#[cfg(test)]
mod tests {
    use veilpass_shared_state::SharedState;
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn a_key_is_one_header_of_visible_characters() {
        let key = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IDEMPOTENCY_KEY, value.parse().unwrap());
            }
            key_of(&headers).map(|key| key.map(|key| key.to_str().unwrap().to_owned()))
        };
        assert_eq!(key(&[]).unwrap(), None);
        for good in ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "\"quoted\"", &"k".repeat(255)] {
            assert_eq!(key(&[good]).unwrap().as_deref(), Some(good));
        }
        for bad in [&[""][..], &["a b"], &["a\tb"], &[&"k".repeat(256)], &["a", "a"]] {
            assert!(key(bad).is_err(), "{bad:?}");
        }
        let beyond_ascii = HeaderMap::from_iter([(IDEMPOTENCY_KEY, HeaderValue::from_bytes(b"\xff").unwrap())]);
        assert!(key_of(&beyond_ascii).is_err());
    }

    #[test]
    fn only_what_stays_true_is_kept() {
        let is_final = |status: u16| is_final(&StatusCode::from_u16(status).unwrap().into_response());
        for status in [200, 201, 202, 204, 400, 409, 415, 422] {
            assert!(is_final(status), "{status}");
        }
        for status in [401, 404, 408, 413, 429, 500, 503] {
            assert!(!is_final(status), "{status}");
        }
        assert!(!super::is_final(&Problem::idempotency_key_in_use().into_response()), "says when to try again");
    }

    #[tokio::test]
    async fn a_refusal_takes_little_room_for_minutes_and_its_client_gets_all_of_it() {
        let records = Records::new(SharedState::in_memory(), Zeroizing::new([1; 32]));
        let body = records.fingerprint(b"body");
        for (status, bytes, is_kept) in [
            (StatusCode::UNPROCESSABLE_ENTITY, 2_048, true),
            (StatusCode::UNPROCESSABLE_ENTITY, 2_049, false),
            (StatusCode::OK, 32_768, true),
            (StatusCode::OK, 32_769, false),
        ] {
            let name = records.name(&[&[u8::from(status.is_success())][..], &usize::to_be_bytes(bytes)]);
            let claimed = records.claim(&name, &body, IN_PROGRESS).await;
            let Ok(Held::Nothing(claim)) = claimed else { panic!("there was nothing") };
            let response = (status, vec![7_u8; bytes]).into_response();
            let answer = keep(&records, &name, &claim, response).await.unwrap();
            assert_eq!(to_bytes(answer.into_body(), usize::MAX).await.unwrap().len(), bytes);
            let held = records.claim(&name, &body, IN_PROGRESS).await.unwrap();
            assert_eq!(matches!(held, Held::Answer(_)), is_kept, "{status}, {bytes} bytes");
        }
        let life = |status| bounds(status).1;
        assert!(life(StatusCode::CONFLICT) <= Duration::from_secs(600) && life(StatusCode::ACCEPTED) == KEPT);
    }
}
