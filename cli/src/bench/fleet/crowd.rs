//! The listeners of a fleet, and what each of them asks for.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use veilpass_protocol::{Epoch, RegistryId};
use veilpass_sealing::ProverPublicKey;

use super::stack::HOLDERS;
use crate::{
    client::Client,
    holders::{Holder, session},
};

/// Who asks one API for proofs.
pub(super) struct Crowd {
    /// The API.
    pub(super) base: String,
    key: ProverPublicKey,
    registry: RegistryId,
    epoch: Epoch,
    expires_at: u64,
    next: AtomicU64,
}

impl Crowd {
    /// The holders of a registry, whose sessions all expire then (seconds since the Unix epoch).
    pub(super) fn new(base: String, key: ProverPublicKey, registry: RegistryId, epoch: Epoch, expires_at: u64) -> Self {
        Self { base, key, registry, epoch, expires_at, next: AtomicU64::new(0) }
    }

    /// The body of the next request: of another holder than the last, for a session that no other request has.
    pub(super) fn next_request(&self) -> Value {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let place = number % HOLDERS;
        let holder = Holder::new(place);
        let statement = holder.statement(self.registry, self.epoch, &session(number, self.expires_at));
        Client::proof_request(&self.key, &statement, &holder.witness(place as u32))
    }
}
