//! The pool of warm `bb` workers.
//!
//! Each slot has one active worker. When that nears its memory limit, has made many proofs, grown old or become slow, a
//! standby is started and tried; then the slot swaps in one step, a proof in flight ends on the old worker, and that is
//! reaped. There is one standby at a time for the whole pool: whatever happens, no more than `workers + 1` processes with
//! their memory limits exist.

mod canary;
mod figures;
mod keeper;
mod policy;
mod slot;
mod worker;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use canary::Canary;
pub(crate) use figures::proof_ended;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
pub(crate) use policy::ReplacementPolicy;
pub(crate) use slot::{PinnedWorker, Slot};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use worker::Worker;

use crate::{
    engine::{EngineConfig, EngineError},
    solver::Solver,
};

/// What all slots share.
pub(super) struct PoolShared {
    engine: EngineConfig,
    policy: ReplacementPolicy,
    bytecode: Vec<u8>,
    canary: Canary,
    spare: Arc<Semaphore>,
}

impl PoolShared {
    /// Starts a worker on this thread.
    fn start_worker_here(&self) -> Result<Worker, EngineError> {
        Worker::start(&self.engine, &self.bytecode, &self.canary)
    }

    async fn start_worker(self: &Arc<Self>) -> Result<Worker, EngineError> {
        let shared = Arc::clone(self);
        tokio::task::spawn_blocking(move || shared.start_worker_here()).await.unwrap_or(Err(EngineError::Gone(None)))
    }
}

/// The workers of a prover.
pub(crate) struct Pool {
    slots: Vec<Arc<Slot>>,
    stop: CancellationToken,
    keepers: TaskTracker,
}

impl Pool {
    /// Starts the first worker, and fails if that does not derive the pinned key or prove the canary; the others start by
    /// themselves.
    pub(crate) async fn start(
        engine: EngineConfig,
        policy: ReplacementPolicy,
        workers: usize,
        solver: &Solver,
    ) -> anyhow::Result<Self> {
        let shared = Arc::new(PoolShared {
            engine,
            policy,
            bytecode: solver.bytecode().to_vec(),
            canary: Canary::new(solver)?,
            spare: Arc::new(Semaphore::new(1)),
        });
        let mut first = Some(shared.start_worker().await?);
        let slots: Vec<_> =
            (0..workers).map(|number| Arc::new(Slot::new(number, Arc::clone(&shared), first.take()))).collect();
        let (stop, keepers) = (CancellationToken::new(), TaskTracker::new());
        for slot in &slots {
            keepers.spawn(keeper::keep(Arc::clone(slot), stop.clone()));
        }
        keepers.close();
        Ok(Self { slots, stop, keepers })
    }

    pub(crate) fn slots(&self) -> impl Iterator<Item = Arc<Slot>> {
        self.slots.iter().map(Arc::clone)
    }

    /// Has every worker replaced, one after the other, while jobs go on.
    pub(crate) fn replace_all(&self) {
        for slot in &self.slots {
            slot.wanted_fresh.store(true, Ordering::Relaxed);
            slot.attention.notify_one();
        }
    }

    /// Number of workers that are there, and the mean duration of their last proofs (zero without any).
    pub(crate) fn pace(&self) -> (u16, Duration) {
        let mean = |slot: &Arc<Slot>| slot.lock().active.as_ref().map(|worker| worker.mean_proof());
        let means: Vec<_> = self.slots.iter().filter_map(mean).collect();
        let workers = u16::try_from(means.len()).unwrap_or(u16::MAX);
        (workers, means.iter().sum::<Duration>() / u32::from(workers.max(1)))
    }

    /// Says what the pool's metrics are: once the recorder is installed.
    pub(crate) fn describe_metrics(&self) {
        if let Some(slot) = self.slots.first() {
            figures::describe(&slot.shared.policy);
        }
    }

    /// Whether a worker is there to prove.
    pub(crate) fn is_ready(&self) -> bool {
        self.pace().0 > 0
    }

    /// Process ids of the workers.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.slots.iter().flat_map(|slot| slot.pids()).collect()
    }

    /// Ends all workers, those at work too.
    pub(crate) fn kill_all(&self) {
        for pid in self.pids() {
            let _ = killpg(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL);
        }
    }

    /// Removes what the workers' limits left behind, once all were ended: somebody may hold the pool until the process ends.
    pub(crate) fn clear_limits(&self) {
        if let Some(slot) = self.slots.first() {
            slot.shared.engine.memory.clear();
        }
    }

    /// Stops watching and ends the workers that nobody holds.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.keepers.wait().await;
        for slot in &self.slots {
            slot.close();
        }
    }
}

#[cfg(test)]
mod tests;
