//! The connection for commands, and the circuit breaker: there is a connection, or every command fails at once.
//!
//! Not `redis::aio::ConnectionManager`: its commands wait for the attempt to connect, and an attempt that failed for
//! another reason than the network (`LOADING`, too many clients) is never made again.

use std::{sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, RedisError, RedisResult, ServerErrorKind,
    aio::MultiplexedConnection,
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use veilpass_telemetry::alert;

use crate::Unavailable;

/// Longest time for a connection, with its greeting.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest time for the answer to a command.
pub(crate) const RESPONSE_TIMEOUT: Duration = Duration::from_millis(500);
/// Between two looks at a connection, and between two attempts to make one.
pub(crate) const PROBE: Duration = Duration::from_secs(1);

/// Between a loss and the first attempt: a server that takes connections and refuses commands must not be run down.
const AFTER_LOSS: Duration = Duration::from_millis(100);

/// A connection that many use at once. `generation` tells it from those before it.
#[derive(Clone)]
struct Connected {
    generation: u64,
    connection: MultiplexedConnection,
}

/// The connection, while there is one.
pub(crate) struct Link(watch::Sender<Option<Connected>>);

impl Link {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(None)))
    }

    pub(crate) fn is_up(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Does what `work` makes of the connection. Takes [`RESPONSE_TIMEOUT`] at most, and no time while Redis is away.
    pub(crate) async fn run<T, F>(&self, work: impl FnOnce(MultiplexedConnection) -> F) -> Result<T, Unavailable>
    where
        T: FromRedisValue,
        F: Future<Output = RedisResult<T>>,
    {
        let Connected { generation, connection } = self.0.borrow().clone().ok_or(Unavailable)?;
        let kind = match timeout(RESPONSE_TIMEOUT, work(connection)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => {
                tracing::warn!(%error, "Redis");
                kind_of(&error)
            }
            Err(_) => "timeout",
        };
        metrics::counter!("veilpass_redis_errors_total", "kind" => kind).increment(1);
        if kind != "command" {
            self.lose(generation);
        }
        Err(Unavailable)
    }

    /// Nobody uses this connection any more, if it is still the current one.
    fn lose(&self, generation: u64) {
        self.0.send_if_modified(|current| {
            let is_current = current.as_ref().is_some_and(|connected| connected.generation == generation);
            if is_current {
                *current = None;
            }
            is_current
        });
    }

    /// Connects, watches the connection, and connects again, for ever. `tried` is dropped at the end of
    /// the first attempt.
    pub(crate) async fn keep(self: Arc<Self>, client: Client, tried: tokio::sync::oneshot::Sender<()>) {
        let (mut tried, mut was_away) = (Some(tried), false);
        for generation in 0.. {
            match connect(&client).await {
                Ok(connection) => {
                    if std::mem::take(&mut was_away) {
                        tracing::info!("Redis is back: replicas share again");
                    }
                    self.0.send_replace(Some(Connected { generation, connection: connection.clone() }));
                    drop(tried.take());
                    check_eviction(connection).await;
                    self.watch().await;
                    say(false);
                    alert(
                        "redis_away",
                        "Redis stopped answering: limits are local, and nothing is done that must be done once",
                    );
                    sleep(AFTER_LOSS).await;
                }
                Err(error) => {
                    say(false);
                    alert("redis_away", format_args!("cannot connect to Redis: {error}"));
                    drop(tried.take());
                    sleep(PROBE).await;
                }
            }
            was_away = true;
        }
    }

    /// Returns when the connection is lost.
    async fn watch(&self) {
        let mut current = self.0.subscribe();
        while self.is_up() {
            say(true);
            tokio::select! {
                _ = current.wait_for(Option::is_none) => return,
                () = sleep(PROBE) => {}
            }
            let ping = self.run(async |mut connection| redis::cmd("PING").query_async::<()>(&mut connection).await);
            let _ = ping.await;
        }
    }
}

/// Each time anew: the recorder of metrics may be installed after us.
fn say(is_up: bool) {
    metrics::gauge!("veilpass_redis_up").set(if is_up { 1.0 } else { 0.0 });
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, String> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_pipeline_buffer_size(1024);
    // The connection's own time-out covers neither the greeting nor a name server that is silent.
    match timeout(CONNECT_TIMEOUT, client.get_multiplexed_async_connection_with_config(&config)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}

/// `command`: this command was refused, and another may not be. Everything else is about the connection or the server.
fn kind_of(error: &RedisError) -> &'static str {
    if error.is_timeout() {
        return "timeout";
    }
    match error.kind() {
        ErrorKind::Io => "connection",
        // A replica that was a primary, a server that starts: another connection may lead to another server.
        ErrorKind::Server(
            ServerErrorKind::ReadOnly
            | ServerErrorKind::BusyLoading
            | ServerErrorKind::MasterDown
            | ServerErrorKind::ClusterDown,
        ) => "server",
        // Out of memory (`OOM`) is an extension of the protocol.
        ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::UnexpectedReturnType => "command",
        _ => "connection",
    }
}

/// A Redis that evicts forgets what was spent.
async fn check_eviction(mut connection: MultiplexedConnection) {
    let Ok(memory) = redis::cmd("INFO").arg("memory").query_async::<String>(&mut connection).await else { return };
    let value = |name: &str| memory.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let (limit, policy) = (value("maxmemory").unwrap_or("0"), value("maxmemory_policy").unwrap_or("noeviction"));
    if limit != "0" && policy != "noeviction" {
        alert(
            "redis_evicts",
            format_args!("Redis may forget spent nonces (maxmemory-policy {policy}): set it to noeviction"),
        );
    }
}
