//! Watches a slot: measures its worker, prepares a standby in time, swaps, and starts a worker where there is none.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{
    figures,
    policy::{Reading, StandbyDecision, SwapReason},
    slot::{Slot, Standby, end},
    worker::{Vitals, Worker},
};
use crate::engine::EngineError;

/// How often a slot is looked at when nothing happens to it.
const INTERVAL: Duration = Duration::from_millis(250);
/// How long nothing is started after a start failed.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Keeps `slot` until `stop`.
pub(super) async fn keep(slot: Arc<Slot>, stop: CancellationToken) {
    loop {
        slot.attend().await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = slot.attention.notified() => {}
            () = sleep(INTERVAL) => {}
        }
    }
}

impl Slot {
    async fn attend(&self) {
        self.collect_standby().await;
        self.bury_the_dead();
        let Some(worker) = self.active() else { return self.fill().await };
        let Some(reading) = worker.read() else { return };
        figures::worker(self.number, &worker, &reading);
        if self.shared.policy.is_over_limit(&reading) {
            tracing::warn!(slot = self.number, rss = reading.resident_bytes, "over its memory limit: ended");
            // Whoever holds it sees it end, and the slot gets another.
            let _ = killpg(Pid::from_raw(worker.pid.cast_signed()), Signal::SIGKILL);
            return;
        }
        self.prepare_if_due(&reading);
        self.judge_standby(&reading);
    }

    fn active(&self) -> Option<Arc<Vitals>> {
        self.lock().active.clone()
    }

    /// A start that has ended becomes a standby, or nothing.
    async fn collect_standby(&self) {
        let (start, reason, since) = {
            let mut state = self.lock();
            match std::mem::take(&mut state.standby) {
                Standby::Preparing { start, reason, since } if start.is_finished() => (start, reason, since),
                other => {
                    state.standby = other;
                    return;
                }
            }
        };
        let outcome = start.await.unwrap_or(Err(EngineError::Gone(None)));
        let mut state = self.lock();
        match outcome {
            Ok(worker) => {
                let ready = Instant::now();
                state.standby = Standby::Ready { worker: Box::new(worker), reason, since, ready };
            }
            Err(error) => {
                state.not_before = Some(Instant::now() + AFTER_FAILURE);
                state.spare = None;
                drop(state);
                figures::standby_failed(self.number, reason, &error);
            }
        }
    }

    /// A worker that ended while nobody held it.
    fn bury_the_dead(&self) {
        let mut state = self.lock();
        if state.idle.as_ref().is_some_and(|worker| !worker.is_alive()) {
            let dead = state.idle.take();
            state.active = None;
            drop(state);
            tracing::warn!(slot = self.number, "worker ended by itself");
            end(dead, None);
            return;
        }
        if let Standby::Ready { worker, .. } = &state.standby
            && !worker.is_alive()
        {
            let Standby::Ready { worker, .. } = std::mem::take(&mut state.standby) else { return };
            let spare = state.spare.take();
            drop(state);
            tracing::warn!(slot = self.number, "standby ended by itself");
            end(Some(*worker), spare);
        }
    }

    /// The slot is empty: the standby takes over if there is one, else a worker is started.
    async fn fill(&self) {
        let is_due = {
            let state = self.lock();
            match state.standby {
                Standby::Ready { .. } => None,
                Standby::Preparing { .. } => return,
                Standby::None => Some(state.not_before.is_none_or(|at| at <= Instant::now())),
            }
        };
        match is_due {
            None => self.promote(SwapReason::Failure),
            Some(false) => {}
            Some(true) => match self.shared.start_worker().await {
                Ok(worker) => {
                    tracing::info!(slot = self.number, pid = worker.vitals.pid, "worker started");
                    self.install(worker);
                }
                Err(error) => {
                    self.lock().not_before = Some(Instant::now() + AFTER_FAILURE);
                    figures::start_failed(self.number, &error);
                }
            },
        }
    }

    fn prepare_if_due(&self, reading: &Reading) {
        let asked = self.wanted_fresh.load(Ordering::Relaxed).then_some(SwapReason::Operator);
        let Some(reason) = asked.or(self.shared.policy.reason_to_prepare(reading)) else { return };
        let mut state = self.lock();
        let is_free = matches!(state.standby, Standby::None) && state.retiring.is_none();
        if !is_free || state.not_before.is_some_and(|at| at > Instant::now()) {
            return;
        }
        // One standby for the whole pool, so that its memory is known; the next slot's turn comes.
        let Ok(spare) = Arc::clone(&self.shared.spare).try_acquire_owned() else { return };
        state.spare = Some(spare);
        let shared = Arc::clone(&self.shared);
        let start = tokio::task::spawn_blocking(move || shared.start_worker_here());
        state.standby = Standby::Preparing { start, reason, since: Instant::now() };
    }

    fn judge_standby(&self, reading: &Reading) {
        let (verdict, reason) = {
            let state = self.lock();
            let Standby::Ready { worker, reason, ready, .. } = &state.standby else { return };
            let verdict = self.shared.policy.judge(*reason, reading, ready.elapsed(), worker.vitals.canary());
            (verdict, *reason)
        };
        match verdict {
            StandbyDecision::Keep => {}
            StandbyDecision::Swap => self.promote(reason),
            StandbyDecision::Discard => {
                let (standby, spare) = self.take_standby();
                tracing::info!(slot = self.number, "a fresh worker is no faster: the machine is slow");
                if let (Some(active), Some(standby)) = (self.active(), &standby) {
                    active.set_canary(standby.vitals.canary());
                }
                end(standby, spare);
            }
        }
    }

    fn take_standby(&self) -> (Option<Worker>, Option<tokio::sync::OwnedSemaphorePermit>) {
        let mut state = self.lock();
        match std::mem::take(&mut state.standby) {
            Standby::Ready { worker, .. } => (Some(*worker), state.spare.take()),
            other => {
                state.standby = other;
                (None, None)
            }
        }
    }

    /// Ends what nobody holds. What a job holds ends when it comes back.
    pub(super) fn close(&self) {
        let (standby, spare) = self.take_standby();
        end(standby, spare);
        let idle = {
            let mut state = self.lock();
            state.active = None;
            state.idle.take()
        };
        end(idle, None);
    }
}
