//! What every request adds to the metrics.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const IN_FLIGHT: &str = "veilpass_api_requests_in_flight";

/// Counts and times a request. Labels are the route, never the path that a client sent.
pub(crate) async fn measure(matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let path = matched.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let mut measured = Measured::begin(path, method_name(request.method()));
    let response = next.run(request).await;
    measured.status = status_class(response.status());
    response
}

/// Records when it is dropped, because a request whose client goes away is dropped too.
struct Measured {
    path: String,
    method: &'static str,
    status: &'static str,
    started: Instant,
}

impl Measured {
    fn begin(path: String, method: &'static str) -> Self {
        gauge!(IN_FLIGHT).increment(1.0);
        Self { path, method, status: "gone", started: Instant::now() }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1.0);
        let (path, seconds) = (std::mem::take(&mut self.path), self.started.elapsed().as_secs_f64());
        counter!("veilpass_api_requests_total", "path" => path.clone(), "method" => self.method, "status" => self.status)
            .increment(1);
        histogram!("veilpass_api_request_seconds", "path" => path, "method" => self.method).record(seconds);
    }
}

/// A method that a client makes up must not make up a label.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// Says what the metrics mean.
pub(crate) fn describe() {
    describe_counter!(
        "veilpass_api_requests_total",
        "Requests by route, method and class of status; gone: the client left"
    );
    describe_histogram!("veilpass_api_request_seconds", Unit::Seconds, "Time until a request was answered");
    describe_gauge!(IN_FLIGHT, "Requests that are being worked on");
    gauge!(IN_FLIGHT).increment(0.0);
    describe_counter!(
        "veilpass_api_refusals_remembered_total",
        "Proofs refused because the same bytes were refused before"
    );
    counter!("veilpass_api_refusals_remembered_total").increment(0);
}
