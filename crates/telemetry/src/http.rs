//! HTTP/1.1 that cannot be made to hold more than it is told: connections, bytes of headers, time until they are there.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, extract::ConnectInfo};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::sleep,
};
use tower_http::add_extension::AddExtension;

use crate::alert::alert;

/// What one listener may hold.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Name of the listener in metrics and logs.
    pub name: &'static str,
    /// Connections at once. More wait in the kernel until one ends.
    pub max_connections: usize,
    /// For how long a connection may be without a complete request header: before its first, and between requests.
    pub header_timeout: Duration,
    /// Most bytes of a request's header; also what a connection buffers. At least 8,192.
    pub buffer_bytes: usize,
}

/// Open connections by listener, as the gauge has them.
static OPEN: Mutex<BTreeMap<&'static str, usize>> = Mutex::new(BTreeMap::new());

/// How many connections a listener of this process has; 0 if there is no such listener.
pub fn open_connections(listener: &str) -> usize {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).get(listener).copied().unwrap_or(0)
}

fn set_open_connections(listener: &'static str, count: usize) {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).insert(listener, count);
    metrics::gauge!("veilpass_http_connections", "listener" => listener).set(count as f64);
}

/// Serves until `stop` completes, telling handlers the peer as `ConnectInfo<SocketAddr>`, then lets the requests in flight end. Dropping the future ends them at once.
pub async fn serve_http(listener: TcpListener, app: Router, limits: HttpLimits, stop: impl Future<Output = ()>) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.header_timeout).max_buf_size(limits.buffer_bytes);
    let slots = Arc::new(Semaphore::new(limits.max_connections));
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        set_open_connections(limits.name, connections.len());
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, slot) = accept(&listener, &slots, limits.name) => {
                let app = AddExtension::new(app.clone(), ConnectInfo(peer));
                connections.spawn(serve_connection(builder.clone(), stream, slot, app, stopped.clone()));
            }
        }
    }
    // Nobody is to wait in the backlog of a listener that does not accept.
    drop(listener);
    stopping.send_replace(true);
    while connections.join_next().await.is_some() {}
    set_open_connections(limits.name, 0);
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    name: &str,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let slot = match Arc::clone(slots).try_acquire_owned() {
        Ok(slot) => slot,
        Err(_) => {
            alert("connections_full", format_args!("{name}: no connection is accepted until another one ends"));
            // The semaphore is never closed.
            Arc::clone(slots).acquire_owned().await.unwrap_or_else(|_| unreachable!())
        }
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            Err(error) => {
                // A connection that is gone again is nobody's fault; anything else (no file descriptors) needs time.
                if !matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset)
                {
                    alert("accept_failed", format_args!("{name}: cannot accept a connection: {error}"));
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

async fn serve_connection(
    builder: http1::Builder,
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
    app: AddExtension<Router, ConnectInfo<SocketAddr>>,
    mut stopped: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    tokio::pin!(connection);
    // Errors are the client's: it went away, was too slow, or does not speak HTTP.
    tokio::select! {
        _ = &mut connection => return,
        _ = stopped.wait_for(|stopped| *stopped) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Listens there, or says why that is not possible.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| anyhow::anyhow!("cannot listen on {address}: {error}"))
}
