//! What every answer of the API has, whatever was asked; and what a client may not do to it.

use std::{fs::File, process::Stdio, time::Duration};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Command,
};
use veilpass_cli::{holders::AUDIENCE, stack::service_binary};

use crate::stack::{DATABASE, MASTER_KEY, TestStack};

const ELSEWHERE: &str = "https://elsewhere.example";

/// Sends requests as they are: nothing is added to them, and nothing of the answer decoded.
struct Plain {
    http: reqwest::Client,
    base: String,
}

impl Plain {
    fn of(stack: &TestStack) -> Self {
        let http = reqwest::Client::builder().no_gzip().no_brotli().no_deflate().no_zstd().no_proxy().build().unwrap();
        Self { http, base: format!("http://{}", stack.client.authority()) }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_hardened_compressed_and_traceable() {
    let stack = TestStack::start().await;
    let plain = Plain::of(&stack);

    // Whatever the answer is: a success, a refusal, a path that is none, a method that is none, a page.
    for (method, path) in [
        (Method::GET, "/v1/info"),
        (Method::GET, "/v1/registries/zz"),
        (Method::GET, "/no/such/path"),
        (Method::PUT, "/v1/info"),
        (Method::GET, "/livez"),
        (Method::GET, "/docs/"),
        (Method::GET, "/v1/openapi.json"),
    ] {
        let answer = plain.request(method, path).send().await.unwrap();
        assert!(header(&answer, "content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&answer, "x-frame-options"), "DENY", "{path}");
        assert_eq!(header(&answer, "referrer-policy"), "no-referrer", "{path}");
        assert!(header(&answer, "strict-transport-security").starts_with("max-age="), "{path}");
        assert!(!header(&answer, "cache-control").is_empty() && !header(&answer, "x-request-id").is_empty(), "{path}");
        if answer.status().as_u16() >= 400 {
            assert_eq!(header(&answer, "content-type"), "application/problem+json", "{path}");
            let problem: Value = answer.json().await.unwrap();
            assert!(problem["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{path}: {problem}");
        }
    }

    // An id of one's own, if it is a plain word; what would forge a line of the log is replaced.
    for (given, kept) in [("req-7.A_b", true), ("a b", false), ("\"},{\"", false)] {
        let answer = plain.request(Method::GET, "/v1/info").header("x-request-id", given).send().await.unwrap();
        assert_eq!(header(&answer, "x-request-id") == given, kept, "{given}");
    }

    // Above a kilobyte, in what the client takes.
    for coding in ["br", "gzip"] {
        let answer =
            plain.request(Method::GET, "/v1/openapi.json").header("accept-encoding", coding).send().await.unwrap();
        assert_eq!(header(&answer, "content-encoding"), coding);
        assert!(answer.bytes().await.unwrap().len() < 30_000, "{coding} does not compress");
        let small = plain.request(Method::GET, "/v1/info").header("accept-encoding", coding).send().await.unwrap();
        assert_eq!(header(&small, "content-encoding"), "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_its_frontends_may_call_it_and_no_others() {
    let stack = TestStack::start().await;
    let plain = Plain::of(&stack);
    let preflight = async |origin: &str| {
        let request = plain.request(Method::OPTIONS, "/v1/proofs").header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "content-type,idempotency-key").send().await.unwrap()
    };
    let allowed = preflight(AUDIENCE).await;
    assert!(allowed.status().is_success());
    assert_eq!(header(&allowed, "access-control-allow-origin"), AUDIENCE);
    assert!(header(&allowed, "access-control-allow-methods").contains("POST"));
    assert!(header(&allowed, "access-control-allow-headers").contains("idempotency-key"));
    // There are no cookies to send along.
    assert_eq!(header(&allowed, "access-control-allow-credentials"), "");
    let answer = plain.request(Method::GET, "/v1/info").header("origin", AUDIENCE).send().await.unwrap();
    assert_eq!(header(&answer, "access-control-allow-origin"), AUDIENCE);
    assert!(header(&answer, "access-control-expose-headers").contains("retry-after"));
    for origin in [ELSEWHERE, "null", "https://listen.example.evil.example", "http://listen.example"] {
        assert_eq!(header(&preflight(origin).await, "access-control-allow-origin"), "", "{origin}");
        let answer = plain.request(Method::GET, "/v1/info").header("origin", origin).send().await.unwrap();
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_and_a_header_that_does_not_end_are_given_up() {
    let stack = TestStack::start().await;
    let open = async |request: &str| {
        let mut stream = TcpStream::connect(stack.client.authority()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // What is too much is answered while it still comes, and then the connection ends.
        let _ = stream.read_to_string(&mut answer).await;
        answer
    };
    let head = "POST /v1/proofs HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let silent = open(&format!("{head}content-length: 9\r\n\r\n{{")).await;
    assert!(silent.starts_with("HTTP/1.1 4"), "a silent body: {silent}");
    let endless = open(&format!("GET /v1/info HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(20_000))).await;
    assert!(endless.is_empty() || endless.starts_with("HTTP/1.1 431"), "a long header: {endless}");
    let large = open(&format!("{head}content-length: 40000\r\n\r\n{}", "x".repeat(40_000))).await;
    assert!(large.is_empty() || large.starts_with("HTTP/1.1 413"), "a large body: {large}");
    assert_eq!(stack.client.get("/v1/info").await.unwrap().status, 200);
}

/// As Railway, Fly or Heroku run it: no argument, all settings in the environment, `PORT` given, SIGTERM to stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platforms_environment_is_enough() {
    let mut stack = TestStack::start().await;
    let other = stack.api.take().unwrap();
    other.kill().await;
    let log = stack.dir.path().join("platform.log");
    let mut api = Command::new(service_binary("veilpass-api").unwrap())
        .env_clear()
        .env("PORT", "0")
        .env("DATABASE_URL", stack.postgres.url(DATABASE))
        // Set, but empty: as a platform's unused reference.
        .env("REDIS_URL", "")
        .env("VEILPASS_AUDIENCES", AUDIENCE)
        .env("VEILPASS_MASTER_KEY", MASTER_KEY)
        .env("VEILPASS_LOG_FORMAT", "json")
        .env("VEILPASS_ENVIRONMENT", "production")
        .stdout(Stdio::piped())
        .stderr(File::create(&log).unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(api.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().expect("it listens");
    let port = line.strip_prefix("listening on http://0.0.0.0:").unwrap();
    let ready = reqwest::get(format!("http://127.0.0.1:{port}/readyz")).await.unwrap();
    assert_eq!(ready.status(), 200);
    let keys = reqwest::get(format!("http://127.0.0.1:{port}/.well-known/jwks.json")).await.unwrap();
    assert_eq!(keys.status(), 200);
    let pid = nix::unistd::Pid::from_raw(api.id().unwrap().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(35), api.wait()).await.expect("it drains and stops");
    assert!(ended.unwrap().success());
    let logged = std::fs::read_to_string(&log).unwrap();
    for line in logged.lines() {
        let event: Value = serde_json::from_str(line).expect("each log line is one JSON object");
        assert!(event["level"].is_string() && event["timestamp"].is_string(), "{line}");
        assert_eq!(
            (&event["service"], &event["environment"]),
            (&"veilpass-api".into(), &"production".into()),
            "{line}"
        );
    }
    assert!(
        logged.contains("veilpass-api is starting") && logged.contains("\"stopping\"") && !logged.contains(MASTER_KEY),
        "{logged}"
    );
}
