//! Whether this API may work beside others at its database.
//!
//! Limits, nonces and idempotency records of an API without Redis are in its memory: another one beside it would accept a
//! nonce twice. So each API holds a lock of the database while it runs, alone or shared ([`veilpass_store::ReplicaPlace`]).

use std::time::Duration;

use tokio::time::{Instant, sleep};
use veilpass_store::{PlaceAttempt, PlaceHolder, ReplicaPlace, Store};

/// Between two attempts to take the place.
const RETRY: Duration = Duration::from_millis(500);
/// Between two looks whether the place is still ours.
const LOOK: Duration = Duration::from_secs(2);

/// This API among its replicas.
pub(crate) struct Replica {
    store: Store,
    shares: bool,
    wait: Duration,
}

impl Replica {
    /// `shares`: by Redis.
    pub(crate) fn new(store: Store, shares: bool, wait_seconds: u64) -> Self {
        Self { store, shares, wait: Duration::from_secs(wait_seconds) }
    }

    /// Takes a place, waiting for others to leave. None if the database is away: nothing can be spent twice then, and
    /// [`Self::keep_place`] takes it when it is back.
    ///
    /// # Errors
    /// If others are still there after the wait.
    pub(crate) async fn take_place(&self) -> anyhow::Result<Option<ReplicaPlace>> {
        let (deadline, mut waits) = (Instant::now() + self.wait, false);
        loop {
            match self.store.try_take_place(self.shares).await {
                Ok(PlaceAttempt::Held(place)) => return Ok(Some(place)),
                Ok(PlaceAttempt::Taken(holders)) if Instant::now() >= deadline => return Err(refusal(&holders)),
                Ok(PlaceAttempt::Taken(holders)) => {
                    if !std::mem::replace(&mut waits, true) {
                        tracing::info!(
                            holders = describe(&holders),
                            seconds = self.wait.as_secs(),
                            "waiting for another API at this database to stop"
                        );
                    }
                    sleep(RETRY).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "no place among the replicas at the moment");
                    return Ok(None);
                }
            }
        }
    }

    /// Keeps the place: takes it again when the database was away. Returns only if another API that this one cannot share with
    /// has taken it meanwhile, and keeps it for as long as a starting API would wait.
    pub(crate) async fn keep_place(&self, mut place: Option<ReplicaPlace>) -> anyhow::Error {
        loop {
            if let Some(held) = &mut place {
                while held.is_held().await {
                    sleep(LOOK).await;
                }
            }
            place = match self.take_place().await {
                Ok(place) => place,
                Err(refused) => return refused,
            };
            if place.is_none() {
                sleep(RETRY).await;
            }
        }
    }
}

fn describe(holders: &[PlaceHolder]) -> String {
    let describe = |holder: &PlaceHolder| {
        let address = holder.client_address.as_deref().unwrap_or("a local socket");
        format!("application_name {}, client address {address}", holder.application_name)
    };
    holders.iter().map(describe).collect::<Vec<_>>().join("; ")
}

fn refusal(holders: &[PlaceHolder]) -> anyhow::Error {
    anyhow::anyhow!(
        "another API works at this database, and without Redis on both sides they would not share limits and nonces: set \
         REDIS_URL, or stop the other API ({})",
        describe(holders)
    )
}
