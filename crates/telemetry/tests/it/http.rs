//! What a listener may hold.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
};
use veilpass_telemetry::{HttpLimits, serve_http};

use crate::{exchange, request};

const LIMITS: HttpLimits =
    HttpLimits { name: "test", max_connections: 1, header_timeout: Duration::from_millis(300), buffer_bytes: 8 << 10 };

struct Server {
    address: SocketAddr,
    /// Lets `/wait` answer.
    go: Arc<Notify>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn start(limits: HttpLimits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (go, (stop, stopped)) = (Arc::new(Notify::new()), oneshot::channel());
    let wait = Arc::clone(&go);
    let app = Router::new().route("/", get(async || "here")).route("/wait", get(async move || wait.notified().await));
    let task = tokio::spawn(serve_http(listener, app, limits, async { _ = stopped.await }));
    Server { address, go, stop, task }
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_until_one_ends() {
    let server = start(HttpLimits { header_timeout: Duration::from_secs(600), ..LIMITS }).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    // It is being served, and keeps its place by keep-alive.
    first.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    assert!(first.read(&mut [0; 512]).await.unwrap() > 0);
    let mut second = tokio::spawn(request(server.address, "GET", "/"));
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut second).await.is_err(), "served beyond the limit");
    drop(first);
    assert!(second.await.unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn who_sends_nothing_or_half_a_header_or_stays_idle_loses_the_connection() {
    let server = start(LIMITS).await;
    // Each ends, or the next would wait for ever.
    assert_eq!(exchange(server.address, "").await, "");
    assert_eq!(exchange(server.address, "GET / HTTP/1.1\r\nhost:").await, "");
    assert!(exchange(server.address, "GET / HTTP/1.1\r\nhost: test\r\n\r\n").await.contains("here"));
}

#[tokio::test]
async fn a_header_beyond_the_limit_is_refused() {
    let server = start(LIMITS).await;
    let header = format!("GET / HTTP/1.1\r\nhost: test\r\nx-long: {}\r\n\r\n", "x".repeat(9000));
    let answer = exchange(server.address, &header).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn a_request_in_flight_ends_after_the_stop() {
    let server = start(LIMITS).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /wait HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    // The handler waits, or the request is still on its way: it is served in both cases, once it was accepted.
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop.send(()).unwrap();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.task.is_finished(), "it waits for the request in flight");
    server.go.notify_one();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.task.await.unwrap();
}
