//! What listeners share: whom they talk to, and what they were promised.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use uuid::Uuid;
use veilpass_client::{Client, ClientError, Settle};
use veilpass_protocol::{Nullifier, RegistryId};
use veilpass_store::Store;

use super::{PATIENCE, tally::Tally};
use crate::{chain_parts::ChainParts, journal::Journal};

/// No request takes longer, but for streams of events.
const LONGEST: Duration = Duration::from_secs(60);
/// Before something is asked again.
const PAUSE: Duration = Duration::from_millis(400);

pub(super) struct World {
    pub(super) bases: [String; 2],
    /// Without faults: whoever sells tokens has an RPC of his own.
    pub(super) chain: ChainParts,
    pub(super) store: Store,
    pub(super) registry: RegistryId,
    /// When all sessions end, in Unix seconds.
    pub(super) expires_at: u64,
    pub(super) tally: Tally,
    pub(super) promised: Mutex<Promised>,
    pub(super) journal: Journal,
    enough: AtomicBool,
}

/// What the API said would be so.
#[derive(Default)]
pub(super) struct Promised {
    /// Paths of accepted jobs.
    pub(super) jobs: BTreeSet<String>,
    pub(super) enrolments: BTreeSet<Uuid>,
    /// Nullifiers that are spent, and where that was settled.
    pub(super) spent: BTreeMap<[u8; 32], Settle>,
}

impl Promised {
    pub(super) fn spend(&mut self, nullifier: Nullifier, settle: Settle) {
        let before = self.spent.insert(nullifier.to_be_bytes(), settle);
        assert!(before.is_none(), "a nullifier was spent twice");
    }
}

impl World {
    pub(super) fn new(
        bases: [String; 2],
        chain: ChainParts,
        store: Store,
        registry: RegistryId,
        expires_at: u64,
        journal: &Journal,
    ) -> Self {
        let (tally, promised, journal) = (Tally::default(), Mutex::default(), journal.clone());
        Self { bases, chain, store, registry, expires_at, tally, promised, journal, enough: AtomicBool::new(false) }
    }

    pub(super) fn is_over(&self) -> bool {
        self.enough.load(Relaxed)
    }

    pub(super) fn end(&self) {
        self.enough.store(true, Relaxed);
    }
}

/// A listener's programs on both APIs: whoever finds one away asks the other.
pub(super) struct Device<'a> {
    world: &'a World,
    apis: [Client; 2],
    turn: Cell<usize>,
}

impl<'a> Device<'a> {
    /// A device with an address of its own.
    pub(super) fn new(world: &'a World, number: u8) -> Self {
        let address = IpAddr::from([127, 0, 1, number]);
        let apis = world.bases.each_ref().map(|base| {
            let http = reqwest::Client::builder().no_proxy().local_address(address).build().unwrap();
            Client::with_http(base, http)
        });
        Self { world, apis, turn: Cell::new(number.into()) }
    }

    /// One API, the next time the other.
    pub(super) fn api(&self) -> &Client {
        self.turn.set(self.turn.get() + 1);
        &self.apis[self.turn.get() % 2]
    }

    /// Asks until there is an answer that will stay. Nothing may be away for longer than [`PATIENCE`].
    pub(super) async fn persist<T>(
        &self,
        what: &str,
        ask: impl AsyncFn(&Client) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let since = Instant::now();
        loop {
            let outcome = match tokio::time::timeout(LONGEST, ask(self.api())).await {
                Ok(Ok(answer)) => {
                    self.world.tally.count(what, "done");
                    return Ok(answer);
                }
                Ok(Err(error)) => match passing(&error) {
                    Some(why) => why,
                    None => {
                        self.world.tally.count(what, error.code().unwrap_or("refused"));
                        return Err(error);
                    }
                },
                Err(_) => "no answer in time".to_owned(),
            };
            self.world.tally.count(what, &outcome);
            if since.elapsed() > PATIENCE {
                self.world.journal.note(&format!("{what}: {outcome}, for {PATIENCE:?}"));
                panic!("{what}: {outcome}, for {PATIENCE:?}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Why something went wrong that need not go wrong the next time; `None`, if it is an answer.
fn passing(error: &ClientError) -> Option<String> {
    match error {
        ClientError::Transport(_) => Some("no connection".to_owned()),
        // Of a body that broke off.
        ClientError::Unexpected(why) if why.contains("body") || why.contains("stream of events") => {
            Some("broke off".to_owned())
        }
        ClientError::Refused { status, .. }
            if matches!(*status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) =>
        {
            Some(status.as_str().to_owned())
        }
        // Redis had the key written down, and was away before it said so: it is free again in a minute.
        ClientError::Refused { problem, .. } if problem.code() == "idempotency-key-in-use" => {
            Some("key in use".to_owned())
        }
        _ => None,
    }
}
