//! With the real, pinned `bb`.

use std::{collections::BTreeSet, os::unix::fs::symlink, path::Path, time::Instant};

use super::*;
use crate::{
    engine::MemoryLimit,
    solver::{Witness, tests::holder},
};

const PATIENCE: Duration = Duration::from_secs(60);
const NEVER: ReplacementPolicy =
    ReplacementPolicy { memory_limit: None, max_proofs: u64::MAX, max_age: Duration::from_secs(1 << 30) };

fn engine() -> EngineConfig {
    EngineConfig::locate(None, Duration::from_secs(30)).expect("bb is installed: run ./veilpass doctor")
}

struct TestPool {
    pool: Pool,
    solver: Solver,
}

impl TestPool {
    async fn start(engine: EngineConfig, policy: ReplacementPolicy, workers: usize) -> Self {
        let solver = Solver::new().unwrap();
        let pool = Pool::start(engine, policy, workers, &solver).await.unwrap();
        Self { pool, solver }
    }

    fn slot(&self) -> Arc<Slot> {
        Arc::clone(&self.pool.slots[0])
    }

    async fn acquire(&self) -> PinnedWorker {
        tokio::time::timeout(PATIENCE, self.slot().acquire()).await.expect("a worker comes")
    }

    fn witness(&self) -> (Witness, veilpass_protocol::PublicInputs) {
        holder().witness(&self.solver)
    }

    async fn prove(&self) -> Result<u32, EngineError> {
        let worker = self.acquire().await;
        let pid = worker.pid();
        let (witness, public_inputs) = self.witness();
        worker.prove(witness, public_inputs).await.map(|_| pid)
    }

    /// Waits until the slot's active worker is another than `pid`, and no other process of the pool is left.
    async fn replaced(&self, pid: u32) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let pids = self.pool.pids();
            if pids.len() == 1 && pids[0] != pid && !is_alive(pid) {
                return pids[0];
            }
            assert!(Instant::now() < deadline, "worker {pid} was not replaced: {pids:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn is_alive(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

fn signal(pid: u32, signal: Signal) {
    nix::sys::signal::kill(Pid::from_raw(pid.cast_signed()), signal).unwrap();
}

/// Processes whose parent is this test's process and which run `bb`.
fn children() -> usize {
    let me = std::process::id();
    let tasks = std::fs::read_dir(format!("/proc/{me}/task")).unwrap().flatten();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .map(|text| text.split_whitespace().count())
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_are_replaced_after_so_many_proofs_and_no_proof_fails() {
    let test = TestPool::start(engine(), ReplacementPolicy { max_proofs: 3, ..NEVER }, 1).await;
    let mut pids = BTreeSet::new();
    let mut most = 0;
    for _ in 0..20 {
        pids.insert(test.prove().await.expect("no proof fails while workers are swapped"));
        most = most.max(children());
    }
    assert!(pids.len() >= 3, "{} workers for 20 proofs", pids.len());
    assert!(most <= 2, "{most} processes for one slot");
    test.pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_that_was_begun_ends_on_its_worker_while_the_slot_goes_on() {
    let test = TestPool::start(engine(), NEVER, 1).await;
    let pinned = test.acquire().await;
    let old = pinned.pid();
    test.pool.replace_all();
    // The slot gives out its new worker although the old one is still held.
    let fresh = test.acquire().await;
    assert_ne!(fresh.pid(), old);
    assert!(is_alive(old), "a worker that is held was ended");
    let (witness, public_inputs) = test.witness();
    pinned.prove(witness, public_inputs).await.expect("the old worker finishes");
    drop(fresh);
    test.replaced(old).await;
    test.pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crashed_hung_and_frozen_workers_are_replaced() {
    let test = TestPool::start(EngineConfig { timeout: Duration::from_secs(2), ..engine() }, NEVER, 1).await;
    let idle = test.prove().await.unwrap();
    signal(idle, Signal::SIGKILL);
    let second = test.replaced(idle).await;

    let worker = test.acquire().await;
    signal(second, Signal::SIGKILL);
    let (witness, public_inputs) = test.witness();
    let outcome = worker.prove(witness, public_inputs).await;
    assert!(matches!(outcome, Err(EngineError::Gone(_))), "{outcome:?}");
    let third = test.replaced(second).await;

    signal(third, Signal::SIGSTOP);
    let outcome = test.prove().await;
    assert!(matches!(outcome, Err(EngineError::Hung)), "{outcome:?}");
    test.replaced(third).await;
    test.prove().await.unwrap();
    test.pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_near_the_limit_swaps_without_a_failed_proof() {
    let test = TestPool::start(engine(), NEVER, 1).await;
    let resident = veilpass_telemetry::process_memory(test.prove().await.unwrap()).unwrap().resident_bytes;
    test.pool.close().await;
    // A limit that a worker reaches 95 % of.
    let policy = ReplacementPolicy { memory_limit: Some(resident * 100 / 95), ..NEVER };
    let test = TestPool::start(engine(), policy, 1).await;
    let mut pids = BTreeSet::new();
    for _ in 0..12 {
        pids.insert(test.prove().await.expect("no proof fails while workers are swapped"));
    }
    assert!(pids.len() >= 2, "the worker was not replaced");
    test.pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_no_standby_starts_the_active_worker_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (genuine, link) = (engine(), dir.path().join("bb"));
    symlink(genuine.bb.path(), &link).unwrap();
    let bb = veilpass_circuit::Bb::at(link.clone()).unwrap();
    let test = TestPool::start(EngineConfig { bb, ..genuine.clone() }, NEVER, 1).await;
    let pid = test.prove().await.unwrap();
    std::fs::remove_file(&link).unwrap();
    test.pool.replace_all();
    let deadline = Instant::now() + PATIENCE;
    while test.slot().lock().not_before.is_none() {
        assert!(Instant::now() < deadline, "no standby was tried");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(test.prove().await.unwrap(), pid);
    // It can be started again: the swap that was asked for takes place.
    symlink(genuine.bb.path(), &link).unwrap();
    test.replaced(pid).await;
    test.pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_kernel_holds_a_worker_to_its_limit() {
    let bytes = 64_000_000;
    let test =
        TestPool::start(EngineConfig { memory: MemoryLimit::AddressSpace { bytes }, ..engine() }, NEVER, 1).await;
    let pid = test.prove().await.unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max address space")).unwrap();
    assert_eq!(line.split_whitespace().nth(3), Some("64000000"), "{line}");
    test.pool.close().await;

    let starved = EngineConfig { memory: MemoryLimit::AddressSpace { bytes: 20_000_000 }, ..engine() };
    assert!(Pool::start(starved, NEVER, 1, &Solver::new().unwrap()).await.is_err());

    let (strongest, why_not) = MemoryLimit::strongest(bytes);
    let MemoryLimit::Cgroup { .. } = &strongest else {
        // Control groups are not for everybody; then the limit above is what there is.
        assert!(why_not.is_some());
        return;
    };
    let test = TestPool::start(EngineConfig { memory: strongest, ..engine() }, NEVER, 1).await;
    let pid = test.prove().await.unwrap();
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    assert!(groups.contains(&format!("/veilpass-prover-{}/worker-", std::process::id())), "{groups}");
    test.pool.close().await;
}
