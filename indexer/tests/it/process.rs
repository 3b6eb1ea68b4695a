//! The binary: killed, cut off, stopped.

use std::{
    process::{Child, Command, Stdio},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::PgPool;

use crate::{
    chain::{Chain, PATIENCE},
    follow::sequences,
    proxy::CuttingProxy,
};

struct Indexer(Child);

impl Indexer {
    fn start(chain: &Chain, ws: &str, database: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veilpass-indexer"));
        command.args(["--rpc", &chain.rpc_url, "--ws", ws, "--poll-ms", "300"]);
        command.env("DATABASE_URL", database).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The URL of a test's own database.
async fn url_of(pool: &PgPool) -> String {
    let server = std::env::var("DATABASE_URL").unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(pool).await.unwrap();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn kills_and_cut_connections_lose_nothing_and_sigterm_ends_it(pool: PgPool) {
    const ROUNDS: u64 = 6;
    const ROOTS: u64 = 20;
    let chain = Chain::start().await;
    let database = url_of(&pool).await;
    let target = chain.ws_url.strip_prefix("ws://").unwrap().to_owned();
    let proxy = CuttingProxy::start(target, Duration::from_millis(300)).await;
    let ws = format!("ws://{}", proxy.address);
    for round in 0..ROUNDS {
        let indexer = Indexer::start(&chain, &ws, &database);
        chain.publish_many(round * ROOTS..(round + 1) * ROOTS).await;
        tokio::time::sleep(Duration::from_millis(37 * round)).await;
        // Dropped here: SIGKILL.
        drop(indexer);
    }
    let mut indexer = Indexer::start(&chain, &ws, &database);
    let all: Vec<_> = (1..=ROUNDS * ROOTS).collect();
    let start = Instant::now();
    while sequences(&pool).await != all {
        assert!(start.elapsed() < PATIENCE, "{:?}", sequences(&pool).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while proxy.connections.load(Ordering::Relaxed) < 2 {
        assert!(start.elapsed() < PATIENCE, "the WebSocket is connected again after it was cut");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kill(Pid::from_raw(indexer.0.id().cast_signed()), Signal::SIGTERM).unwrap();
    let stopping = Instant::now();
    let status = indexer.0.wait().unwrap();
    assert!(status.success() && stopping.elapsed() < Duration::from_secs(5), "{status} after {:?}", stopping.elapsed());
}
