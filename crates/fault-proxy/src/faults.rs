//! The switches.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;

use crate::Fault;

/// Switches the faults of a proxy. Clones switch the same ones. Changes hold from the next request on.
#[derive(Clone, Default)]
pub struct Faults {
    state: Arc<watch::Sender<State>>,
    counted: Arc<Counted>,
}

#[derive(Clone, Default)]
pub(crate) struct State {
    always: Option<Fault>,
    of_method: HashMap<String, Fault>,
    drawn: Option<Drawn>,
    pub(crate) lag: u64,
    pub(crate) forks: Arc<HashMap<String, Fork>>,
    pub(crate) batches_refused: bool,
    pub(crate) rpc_refused: bool,
    pub(crate) ws_refused: bool,
    pub(crate) ws_silent: bool,
    pub(crate) ws_life: Option<Duration>,
    /// How often all WebSockets were cut.
    pub(crate) ws_cuts: u64,
}

#[derive(Clone)]
struct Drawn {
    rng: ChaCha8Rng,
    per_mille: u32,
}

/// What a fork did to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fork {
    Dead,
    MovedTo(u64),
}

/// What a proxy has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to the RPC; a batch is one.
    pub requests: u64,
    /// Those that a [`Fault`] befell.
    pub faults: u64,
    /// Connections to the WebSocket.
    pub websockets: u64,
}

#[derive(Default)]
struct Counted {
    requests: AtomicU64,
    faults: AtomicU64,
    websockets: AtomicU64,
}

impl Faults {
    /// Has every request fail so, or none.
    pub fn set(&self, fault: Option<Fault>) {
        self.state.send_modify(|state| state.always = fault);
    }

    /// Has every request of a JSON-RPC method fail so, or as the others.
    pub fn set_for(&self, method: &str, fault: Option<Fault>) {
        self.state.send_modify(|state| {
            match fault {
                Some(fault) => state.of_method.insert(method.to_owned(), fault),
                None => state.of_method.remove(method),
            };
        });
    }

    /// Has that many requests of a thousand fail, somehow. The draws are those of the seed; which request gets which is up to
    /// the order in which they come.
    pub fn draw(&self, seed: u64, per_mille: u32) {
        let drawn = Drawn { rng: ChaCha8Rng::seed_from_u64(seed), per_mille };
        self.state.send_modify(|state| state.drawn = Some(drawn));
    }

    /// Refuses connections to the RPC and ends those that are, until told otherwise.
    pub fn refuse_rpc(&self, refused: bool) {
        self.state.send_modify(|state| state.rpc_refused = refused);
    }

    /// Answers HTTP 400 to batches of calls.
    pub fn refuse_batches(&self, refused: bool) {
        self.state.send_modify(|state| state.batches_refused = refused);
    }

    /// Shows the chain as it was that many slots ago. 0: as it is.
    pub fn lag(&self, slots: u64) {
        self.state.send_modify(|state| state.lag = slots);
    }

    /// Hides transactions, as if the fork that they were on had died.
    pub fn fork_away<S: ToString>(&self, signatures: impl IntoIterator<Item = S>) {
        self.fork(signatures, Fork::Dead);
    }

    /// Shows transactions in another slot than the chain does: another fork has them there. They show once that slot is
    /// confirmed.
    pub fn fork_to<S: ToString>(&self, slot: u64, signatures: impl IntoIterator<Item = S>) {
        self.fork(signatures, Fork::MovedTo(slot));
    }

    /// The fork that the chain is on wins: what was hidden or moved is where it was.
    pub fn unfork(&self) {
        self.state.send_modify(|state| state.forks = Arc::default());
    }

    fn fork<S: ToString>(&self, signatures: impl IntoIterator<Item = S>, fork: Fork) {
        let signatures: Vec<_> = signatures.into_iter().map(|signature| (signature.to_string(), fork)).collect();
        self.state.send_modify(|state| Arc::make_mut(&mut state.forks).extend(signatures));
    }

    /// Refuses connections to the WebSocket and ends those that are, until told otherwise.
    pub fn refuse_websockets(&self, refused: bool) {
        self.state.send_modify(|state| state.ws_refused = refused);
    }

    /// Ends all connections to the WebSocket. New ones are welcome.
    pub fn cut_websockets(&self) {
        self.state.send_modify(|state| state.ws_cuts += 1);
    }

    /// Ends each connection to the WebSocket that is made from now on after a while.
    pub fn cut_websockets_after(&self, life: Option<Duration>) {
        self.state.send_modify(|state| state.ws_life = life);
    }

    /// Holds back what the WebSocket says. The connections stay, and what was held back comes late.
    pub fn silence_websockets(&self, silent: bool) {
        self.state.send_modify(|state| state.ws_silent = silent);
    }

    /// Ends all faults, lag and forks included.
    pub fn clear(&self) {
        self.state.send_modify(|state| *state = State { ws_cuts: state.ws_cuts, ..State::default() });
    }

    /// What was seen so far.
    pub fn counts(&self) -> Counts {
        let Counted { requests, faults, websockets } = &*self.counted;
        Counts { requests: requests.load(Relaxed), faults: faults.load(Relaxed), websockets: websockets.load(Relaxed) }
    }

    /// What shall befall a request.
    pub(crate) fn next(&self, method: &str) -> Option<Fault> {
        let mut fault = None;
        self.state.send_if_modified(|state| {
            fault = state.of_method.get(method).copied().or(state.always);
            if let (None, Some(drawn)) = (fault, &mut state.drawn) {
                let hit = drawn.rng.random_range(0..1000) < drawn.per_mille;
                fault = hit.then(|| Fault::draw(&mut drawn.rng));
            }
            // Nobody waits for draws.
            false
        });
        self.counted.requests.fetch_add(1, Relaxed);
        self.counted.faults.fetch_add(u64::from(fault.is_some()), Relaxed);
        fault
    }

    pub(crate) fn count_websocket(&self) {
        self.counted.websockets.fetch_add(1, Relaxed);
    }

    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }
}
