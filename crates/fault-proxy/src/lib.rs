//! What fails on demand, for tests: a `bb` ([`bb`]), and a Solana node.
//!
//! The node is a proxy before its RPC (HTTP) and its WebSocket, for tests of whatever relies on them.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use veilpass_fault_proxy::{Fault, FaultProxy};
//!
//! let proxy = FaultProxy::start("http://127.0.0.1:8899", "ws://127.0.0.1:8900").await?;
//! let faults = proxy.faults();
//! // The client under test is given proxy.rpc_url() and proxy.ws_url().
//! faults.set(Some(Fault::TooManyRequests { retry_after_seconds: Some(1) }));
//! faults.clear();
//! faults.draw(7, 200); // every fifth request fails, somehow; the same for the same seed
//! faults.lag(40); // the node shows the chain as it was 40 slots ago
//! # Ok(()) }
//! ```
//!
//! Faults are switched at run time by [`Faults`], a handle that can be cloned. They come in four kinds:
//!
//! - **of a request** ([`Fault`]): never answered, connection broken, HTTP 429 and 503, JSON-RPC errors of a node that is
//!   behind, truncated and nonsense bodies, transactions sent twice or never. Always, for one method, or drawn by a seed.
//! - **of the connection**: RPC, batches of calls, or WebSocket refused, WebSocket cut now or after a while, WebSocket silent.
//! - **lag**: the node shows the chain as of some slots ago.
//! - **forks**: transactions vanish, and may come back in another slot.
//!
//! # What a node that lags or forks says
//!
//! These methods agree with one another: `getSlot`, `getBlockHeight`, `getSignaturesForAddress` (all its pages),
//! `getTransaction`, `getSignatureStatuses`. A transaction is shown as final if its slot is not after the final slot that is
//! shown, and a `minContextSlot` that is not reached is refused. Answers about state (`getLatestBlockhash`, `getAccountInfo`, `getMultipleAccounts`, `getProgramAccounts`,
//! `getBalance`) are recorded as they pass, and a lagging node gives the newest that is old enough, or the error of a node
//! that is behind if none is; those without a context pass as they are. A fork does not change state. `simulateTransaction`
//! and the WebSocket always tell of the chain as it is.

pub mod bb;
mod doors;
mod fault;
mod faults;
mod history;
mod http;
mod node;
mod view;
mod websocket;

use std::sync::Arc;

use tokio::task::AbortHandle;

pub use fault::Fault;
pub use faults::{Counts, Faults};

use crate::{doors::Doors, node::Node};

/// A running proxy. It ends when this is dropped.
pub struct FaultProxy {
    rpc_url: String,
    ws_url: String,
    faults: Faults,
    tasks: [AbortHandle; 2],
}

impl FaultProxy {
    /// Starts a proxy without faults on free ports of the loopback interface, before the node with these URLs (`http://`
    /// and `ws://`, without TLS). Runs in the runtime of the caller.
    pub async fn start(rpc_url: &str, ws_url: &str) -> std::io::Result<Self> {
        let faults = Faults::default();
        let (rpc, ws) = (Doors::bind()?, Doors::bind()?);
        let (rpc_address, ws_address) = (rpc.address(), ws.address());
        let node = Arc::new(Node::new(rpc_url, faults.clone()));
        let http =
            rpc.open(faults.clone(), |state| state.rpc_refused, move |stream| http::serve(stream, Arc::clone(&node)));
        let target = ws_url.trim_start_matches("ws://").trim_end_matches('/').to_owned();
        let heard = faults.clone();
        let websocket = ws.open(
            faults.clone(),
            |state| state.ws_refused,
            move |stream| websocket::relay(stream, target.clone(), heard.clone()),
        );
        Ok(Self {
            rpc_url: format!("http://{rpc_address}"),
            ws_url: format!("ws://{ws_address}"),
            faults,
            tasks: [tokio::spawn(http).abort_handle(), tokio::spawn(websocket).abort_handle()],
        })
    }

    /// URL of the RPC.
    pub fn rpc_url(&self) -> &str {
        &self.rpc_url
    }

    /// URL of the WebSocket.
    pub fn ws_url(&self) -> &str {
        &self.ws_url
    }

    /// The switches.
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}
