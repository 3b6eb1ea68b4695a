//! A place for one worker, its standby, and the one before it while that finishes a proof.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{Notify, OwnedSemaphorePermit},
    task::JoinHandle,
};
use veilpass_protocol::PublicInputs;

use super::{
    PoolShared,
    policy::SwapReason,
    worker::{Vitals, Worker},
};
use crate::{
    engine::{EngineError, Proof},
    solver::Witness,
};

/// A slot of the pool. At most one job is begun at a time on it; while its worker is swapped, one more may be ending.
pub(crate) struct Slot {
    pub(super) number: usize,
    pub(super) shared: Arc<PoolShared>,
    pub(super) state: Mutex<State>,
    /// A worker became idle.
    available: Notify,
    /// The keeper should look.
    pub(super) attention: Notify,
    /// Somebody asked for a fresh worker.
    pub(super) wanted_fresh: AtomicBool,
}

#[derive(Default)]
pub(super) struct State {
    /// The worker that gets the jobs. None while there is no worker.
    pub(super) active: Option<Arc<Vitals>>,
    /// The same worker, while nobody holds it.
    pub(super) idle: Option<Worker>,
    pub(super) standby: Standby,
    /// The worker before, while it finishes its proof.
    pub(super) retiring: Option<Arc<Vitals>>,
    /// The right to have one process more than the pool has slots: held from before a standby is started until the worker
    /// that it replaced was reaped.
    pub(super) spare: Option<OwnedSemaphorePermit>,
    /// Nothing is started before then: the last start failed.
    pub(super) not_before: Option<Instant>,
}

#[derive(Default)]
pub(super) enum Standby {
    #[default]
    None,
    Preparing {
        start: JoinHandle<Result<Worker, EngineError>>,
        reason: SwapReason,
        since: Instant,
    },
    Ready {
        worker: Box<Worker>,
        reason: SwapReason,
        since: Instant,
        ready: Instant,
    },
}

impl Slot {
    pub(super) fn new(number: usize, shared: Arc<PoolShared>, first: Option<Worker>) -> Self {
        let state =
            State { active: first.as_ref().map(|worker| Arc::clone(&worker.vitals)), idle: first, ..State::default() };
        Self {
            number,
            shared,
            state: Mutex::new(state),
            available: Notify::new(),
            attention: Notify::new(),
            wanted_fresh: AtomicBool::new(false),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slot's worker, as soon as nobody holds it. One caller at a time.
    pub(crate) async fn acquire(self: &Arc<Self>) -> PinnedWorker {
        loop {
            let available = self.available.notified();
            if let Some(worker) = self.lock().idle.take() {
                return PinnedWorker { slot: Arc::clone(self), worker: Some(worker), is_sound: true };
            }
            available.await;
        }
    }

    /// Puts a started worker into the empty slot.
    pub(super) fn install(&self, worker: Worker) {
        let mut state = self.lock();
        state.active = Some(Arc::clone(&worker.vitals));
        state.idle = Some(worker);
        state.not_before = None;
        drop(state);
        self.wanted_fresh.store(false, Ordering::Relaxed);
        self.available.notify_one();
    }

    /// Makes the standby the active worker, in one step. The one before it ends now, or when its proof does.
    pub(super) fn promote(&self, because: SwapReason) {
        let mut state = self.lock();
        let Standby::Ready { worker, since, .. } = std::mem::take(&mut state.standby) else { return };
        let before = state.active.replace(Arc::clone(&worker.vitals));
        let reaped = state.idle.replace(*worker);
        let spare = match (&before, &reaped) {
            // A job holds the one before: it keeps the spare place until it comes back.
            (Some(_), None) => {
                state.retiring.clone_from(&before);
                None
            }
            _ => state.spare.take(),
        };
        let after = state.active.clone();
        drop(state);
        self.wanted_fresh.store(false, Ordering::Relaxed);
        self.available.notify_one();
        self.report_swap(because, since.elapsed(), before.as_deref(), after.as_deref());
        end(reaped, spare);
    }

    fn report_swap(&self, reason: SwapReason, took: Duration, before: Option<&Vitals>, after: Option<&Vitals>) {
        let read = |vitals: Option<&Vitals>| vitals.and_then(Vitals::read);
        let (before, after) = (read(before), read(after));
        let bytes = |reading: Option<super::policy::Reading>| reading.map_or(0, |reading| reading.resident_bytes);
        tracing::info!(
            slot = self.number,
            reason = reason.name(),
            took_ms = took.as_millis() as u64,
            rss_before_bytes = bytes(before),
            rss_after_bytes = bytes(after),
            proofs = before.map_or(0, |reading| reading.proofs),
            "swapped"
        );
        super::figures::swapped(reason, took, bytes(before), bytes(after));
    }

    /// Takes a worker back from whoever held it.
    fn release(&self, worker: Worker, is_sound: bool) {
        let mut state = self.lock();
        let is = |vitals: &Option<Arc<Vitals>>| vitals.as_ref().is_some_and(|it| Arc::ptr_eq(it, &worker.vitals));
        if is(&state.active) && is_sound {
            state.idle = Some(worker);
            drop(state);
            self.available.notify_one();
        } else {
            let mut spare = None;
            if is(&state.active) {
                state.active = None;
            } else if is(&state.retiring) {
                state.retiring = None;
                spare = state.spare.take();
            }
            drop(state);
            end(Some(worker), spare);
        }
        self.attention.notify_one();
    }

    /// Process ids of all workers of this slot that are known.
    pub(super) fn pids(&self) -> Vec<u32> {
        let state = self.lock();
        let standby = match &state.standby {
            Standby::Ready { worker, .. } => Some(worker.vitals.pid),
            _ => None,
        };
        [&state.active, &state.retiring].into_iter().flatten().map(|vitals| vitals.pid).chain(standby).collect()
    }
}

/// Ends a worker, and only then gives its place free. Killing and reaping may take some milliseconds.
pub(super) fn end(worker: Option<Worker>, spare: Option<OwnedSemaphorePermit>) {
    let finish = move || {
        drop(worker);
        drop(spare);
    };
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(finish)),
        Err(_) => finish(),
    }
}

/// A worker that its holder has for itself. A proof that was begun on it ends on it, even if the slot has a new worker by
/// then. Goes back when dropped.
pub(crate) struct PinnedWorker {
    slot: Arc<Slot>,
    worker: Option<Worker>,
    is_sound: bool,
}

impl PinnedWorker {
    /// Process id of the worker; it leads its process group.
    pub(crate) fn pid(&self) -> u32 {
        self.worker.as_ref().map_or(0, |worker| worker.vitals.pid)
    }

    /// Proves on a thread of its own. The worker goes back by itself, also when the caller no longer waits.
    #[cfg(test)]
    pub(crate) async fn prove(self, witness: Witness, public_inputs: PublicInputs) -> Result<Proof, EngineError> {
        self.prove_telling(witness, public_inputs, || {}).await
    }

    /// The same, and tells when the proof is made and is to be verified.
    pub(crate) async fn prove_telling(
        mut self,
        witness: Witness,
        public_inputs: PublicInputs,
        on_made: impl FnOnce() + Send + 'static,
    ) -> Result<Proof, EngineError> {
        let proving = tokio::task::spawn_blocking(move || {
            let worker = self.worker.as_mut().ok_or(EngineError::Gone(None))?;
            self.is_sound = false;
            let proof = worker.prove(&witness, &public_inputs, on_made);
            self.is_sound = proof.is_ok();
            if let Err(error) = &proof {
                tracing::warn!(slot = self.slot.number, %error, "worker failed");
                super::figures::worker_failed(error);
            }
            proof
        });
        proving.await.unwrap_or(Err(EngineError::Gone(None)))
    }
}

impl Drop for PinnedWorker {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            self.slot.release(worker, self.is_sound);
        }
    }
}
