//! A worker: one `bb` process that has proved the canary, and what is known about it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use veilpass_protocol::PublicInputs;

use super::{canary::Canary, policy::Reading};
use crate::{
    engine::{EngineConfig, EngineError, Proof, ProvingEngine},
    solver::Witness,
};

/// Weight of the newest proof in a worker's mean: about the last eight count.
const NEWEST: u64 = 8;

/// What is known about a worker, whoever holds it at the moment.
#[derive(Debug)]
pub(super) struct Vitals {
    pub(super) pid: u32,
    pub(super) started: Instant,
    /// How long a fresh worker's canary takes, in microseconds: this one's, or that of one that was tried later.
    canary_us: AtomicU64,
    proofs: AtomicU64,
    mean_us: AtomicU64,
    /// When it last answered, in milliseconds after `started`.
    answered_ms: AtomicU64,
}

impl Vitals {
    fn proved(&self, took: Duration) {
        let (took, mean) = (took.as_micros() as u64, self.mean_us.load(Ordering::Relaxed));
        let mean = if mean == 0 { took } else { (mean * (NEWEST - 1) + took) / NEWEST };
        // One thread at a time proves on a worker.
        self.mean_us.store(mean, Ordering::Relaxed);
        self.proofs.fetch_add(1, Ordering::Relaxed);
        self.answered_ms.store(self.started.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Mean duration of its last proofs; of the canary, before it had any.
    pub(super) fn mean_proof(&self) -> Duration {
        match self.mean_us.load(Ordering::Relaxed) {
            0 => self.canary(),
            mean => Duration::from_micros(mean),
        }
    }

    /// How long a fresh worker's canary takes on this machine.
    pub(super) fn canary(&self) -> Duration {
        Duration::from_micros(self.canary_us.load(Ordering::Relaxed))
    }

    /// A fresh worker was no faster: what is slow is the machine, and this is its pace now.
    pub(super) fn set_canary(&self, canary: Duration) {
        self.canary_us.store(canary.as_micros() as u64, Ordering::Relaxed);
    }

    /// How long ago it last answered.
    pub(super) fn silent_for(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.answered_ms.load(Ordering::Relaxed)))
    }

    /// What it is judged by. `None` when the process is gone.
    pub(super) fn read(&self) -> Option<Reading> {
        let memory = veilpass_telemetry::process_memory(self.pid)?;
        Some(Reading {
            resident_bytes: memory.resident_bytes,
            proofs: self.proofs.load(Ordering::Relaxed),
            age: self.started.elapsed(),
            mean_proof: self.mean_proof(),
            canary: self.canary(),
        })
    }
}

/// A warm, tried `bb`. Its process ends when this is dropped.
pub(super) struct Worker {
    engine: ProvingEngine,
    pub(super) vitals: Arc<Vitals>,
}

impl Worker {
    /// Starts `bb`, holds the key that it derives to the pinned one, and has it prove the canary. Takes about half a second.
    pub(super) fn start(config: &EngineConfig, bytecode: &[u8], canary: &Canary) -> Result<Self, EngineError> {
        let mut engine = ProvingEngine::start(config, bytecode)?;
        let since = Instant::now();
        engine.prove(&canary.witness, &canary.public_inputs)?;
        let now = Instant::now();
        let vitals = Vitals {
            pid: engine.pid(),
            started: now,
            canary_us: AtomicU64::new((now - since).as_micros() as u64),
            proofs: AtomicU64::new(0),
            mean_us: AtomicU64::new(0),
            answered_ms: AtomicU64::new(0),
        };
        Ok(Self { engine, vitals: Arc::new(vitals) })
    }

    pub(super) fn is_alive(&self) -> bool {
        self.engine.is_alive()
    }

    pub(super) fn prove(
        &mut self,
        witness: &Witness,
        public_inputs: &PublicInputs,
        on_made: impl FnOnce(),
    ) -> Result<Proof, EngineError> {
        let since = Instant::now();
        let proof = self.engine.prove_telling(witness, public_inputs, on_made)?;
        self.vitals.proved(since.elapsed());
        Ok(proof)
    }
}
