//! The binary: cut off from its node, stopped.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::PgPool;
use veilpass_fault_proxy::Fault;

use crate::{
    chain::{Chain, PATIENCE, same_again},
    follow::sequences,
};

/// A running indexer, killed when dropped.
pub(crate) struct Indexer(Child);

impl Indexer {
    pub(crate) fn start(rpc: &str, ws: &str, database: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veilpass-indexer"));
        command.args(["--rpc", rpc, "--ws", ws, "--poll-ms", "300", "--rpc-timeout-seconds", "1"]);
        command.env("DATABASE_URL", database).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The URL of a test's own database.
pub(crate) async fn url_of(pool: &PgPool) -> String {
    let server = std::env::var("DATABASE_URL").unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(pool).await.unwrap();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

async fn wait_until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn it_outlives_whatever_its_node_does_and_sigterm_ends_it(pool: PgPool) {
    const ROOTS: u64 = 10;
    let chain = Chain::start().await;
    let proxy = chain.proxy().await;
    let faults = proxy.faults();
    let mut indexer = Indexer::start(proxy.rpc_url(), proxy.ws_url(), &url_of(&pool).await);
    wait_until("it subscribes", async || faults.counts().websockets > 0).await;
    let node = [
        Some(Fault::TimeOut),
        Some(Fault::TooManyRequests { retry_after_seconds: Some(1) }),
        Some(Fault::Unavailable),
        Some(Fault::NodeBehind),
        Some(Fault::Truncated),
        None,
    ];
    for (round, fault) in (0..).zip(node) {
        let failed = faults.counts().faults;
        faults.set(fault);
        faults.refuse_rpc(fault.is_none());
        match round % 3 {
            0 => faults.cut_websockets(),
            1 => faults.silence_websockets(true),
            _ => faults.refuse_websockets(true),
        }
        chain.publish_many(round * ROOTS..(round + 1) * ROOTS).await;
        if fault.is_some() {
            wait_until("requests fail", async || faults.counts().faults > failed).await;
        }
        faults.clear();
        let all: Vec<_> = (1..=(round + 1) * ROOTS).collect();
        wait_until(&format!("all rows after {fault:?}"), async || sequences(&pool).await == all).await;
    }
    // The WebSocket is cut all the time.
    let connections = faults.counts().websockets;
    faults.cut_websockets_after(Some(Duration::from_millis(100)));
    faults.cut_websockets();
    wait_until("it connects again", async || faults.counts().websockets > connections + 1).await;

    kill(Pid::from_raw(indexer.0.id().cast_signed()), Signal::SIGTERM).unwrap();
    let stopping = Instant::now();
    let status = indexer.0.wait().unwrap();
    assert!(status.success() && stopping.elapsed() < Duration::from_secs(5), "{status} after {:?}", stopping.elapsed());
    assert_eq!(same_again(chain.follower(&pool), &pool).await.len() as u64, 6 * ROOTS + 1);
}
