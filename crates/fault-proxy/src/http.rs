//! The RPC's HTTP.

use std::{convert::Infallible, sync::Arc};

use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Frame, Incoming},
    header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::{
    Fault,
    node::{Gone, Node},
};

type Body = UnsyncBoxBody<Bytes, Gone>;

/// Serves a connection until it ends.
pub(crate) async fn serve(stream: TcpStream, node: Arc<Node>) {
    let service = service_fn(move |request| answer(Arc::clone(&node), request));
    // An error is a client that left, or a fault.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An error ends the connection.
async fn answer(node: Arc<Node>, request: Request<Incoming>) -> Result<Response<Body>, Gone> {
    let body = request.into_body().collect().await.map_err(|_| Gone)?.to_bytes();
    let calls: Value = serde_json::from_slice(&body).map_err(|_| Gone)?;
    let first = calls.get(0).unwrap_or(&calls);
    let fault = node.faults().next(first["method"].as_str().unwrap_or_default());
    if calls.is_array() && node.faults().state().batches_refused {
        return Ok(page(StatusCode::BAD_REQUEST, "Batch requests are not supported"));
    }
    if let Some(error) = fault.and_then(Fault::error) {
        return Ok(json_response(&each(&calls, |call| json!({"jsonrpc": "2.0", "id": call["id"], "error": error}))));
    }
    Ok(match fault {
        Some(Fault::TimeOut) => std::future::pending().await,
        Some(Fault::Disconnect) => return Err(Gone),
        Some(Fault::TooManyRequests { retry_after_seconds }) => {
            let mut response = page(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
            if let Some(seconds) = retry_after_seconds {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            response
        }
        Some(Fault::Unavailable) => page(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable"),
        Some(Fault::Nonsense) => page(StatusCode::OK, "<html><body>Checking your browser</body></html>"),
        Some(Fault::Truncated) => truncated(&node.answer(&calls, None).await?),
        fault => json_response(&node.answer(&calls, fault).await?),
    })
}

/// The same for a call or for each call of a batch.
fn each(calls: &Value, answer: impl Fn(&Value) -> Value) -> Value {
    calls.as_array().map_or_else(|| answer(calls), |calls| calls.iter().map(&answer).collect())
}

fn full(text: String) -> Body {
    Full::new(Bytes::from(text)).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn page(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(full(text.to_owned()));
    *response.status_mut() = status;
    response
}

fn json_response(answer: &Value) -> Response<Body> {
    let mut response = Response::new(full(answer.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, const { hyper::header::HeaderValue::from_static("application/json") });
    response
}

/// Half of an answer that claims to be whole.
fn truncated(answer: &Value) -> Response<Body> {
    let text = answer.to_string();
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    // What was said goes out before the connection ends.
    let end = async {
        tokio::task::yield_now().await;
        Err(Gone)
    };
    let frames = stream::iter([Ok(Frame::data(half))]).chain(stream::once(end));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(CONTENT_LENGTH, text.len().into());
    response
}
