//! Admission by memory.

use std::time::Duration;

use metrics::{Unit, describe_gauge, gauge};
use tokio::{sync::watch, time::interval};
use tokio_util::sync::CancellationToken;
use veilpass_telemetry::{MemoryLevel, alert};

use crate::machine::MachineMemory;

/// How often the machine's memory is looked at.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);

/// No job is taken while the machine has less left than a worker may need (`worker`, in bytes), nor while
/// this process is critical. The jobs wait for this prover or another.
pub(crate) async fn watch_memory(
    gate: watch::Sender<bool>,
    worker: u64,
    level: watch::Receiver<MemoryLevel>,
    stop: CancellationToken,
) {
    describe_gauge!("veilpass_prover_accepts_jobs", "1 while jobs are taken, 0 while memory is short");
    describe_gauge!("veilpass_machine_available_bytes", Unit::Bytes, "Memory that can still be taken on this machine");
    let (mut machine, mut ticks) = (MemoryGate::new(worker), interval(MEMORY_INTERVAL));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let Some(memory) = MachineMemory::read() else { continue };
        let is_enough = machine.update(memory.available);
        let is_open = is_enough && *level.borrow() != MemoryLevel::Critical;
        gauge!("veilpass_machine_available_bytes").set(memory.available as f64);
        gauge!("veilpass_prover_accepts_jobs").set(if is_open { 1.0 } else { 0.0 });
        if gate.send_replace(is_open) != is_open {
            tracing::info!(is_open, available_bytes = memory.available, "taking jobs depends on memory");
        }
        if !is_enough {
            alert("memory_low", format_args!("{} bytes are left, and one worker may need {worker}", memory.available));
        }
    }
}

/// Whether jobs may be taken: not while the machine has less memory left than a worker may need.
#[derive(Clone, Copy, Debug)]
struct MemoryGate {
    least: u64,
    is_open: bool,
}

impl MemoryGate {
    /// Open. `worker` is the limit of one worker, in bytes.
    fn new(worker: u64) -> Self {
        Self { least: worker, is_open: true }
    }

    /// Decides anew. Closes below the least, and opens again only well above, so that it does not flutter.
    fn update(&mut self, available: u64) -> bool {
        self.is_open = available >= if self.is_open { self.least } else { self.least * 3 / 2 };
        self.is_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_does_not_flutter() {
        let mut gate = MemoryGate::new(100);
        assert!(gate.update(100));
        assert!(!gate.update(99) && !gate.update(120) && gate.update(150) && gate.update(100));
    }
}
