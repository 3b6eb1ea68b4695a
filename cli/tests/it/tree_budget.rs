//! A prover whose trees do not fit its memory.

use std::time::Duration;

use nix::sys::signal::Signal;
use veilpass_cli::{
    client::JobEnd,
    holders::{self, Holder},
    publish::publish,
    stack::{ProverOptions, start_prover},
};
use veilpass_protocol::{FieldElement, Pepper, RegistryId};

use crate::stack::{DATABASE, TestStack, create_registry};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prover_without_room_for_two_trees_proves_for_both_registries() {
    let mut stack = TestStack::start().await;
    stack.prover.take().unwrap().stop(Signal::SIGTERM, PATIENCE).await;
    let second = RegistryId::new(FieldElement::from_u64(2));
    create_registry(&stack.store, second, "second").await;
    stack.store.enrol(second, &holders::enrolments(&Pepper::new([3; 32]), 0, 12)).await.unwrap();
    publish(&stack.store, second).await.unwrap();

    let log = stack.dir.path().join("small.log");
    let options = ProverOptions {
        database_url: &stack.postgres.url(DATABASE),
        key_file: stack.dir.path().join("prover.key"),
        snapshot_dir: stack.dir.path().join("small-snapshots"),
        lease_seconds: 10,
        drain_seconds: 1,
        log: &log,
        filter: None,
        bb: None,
        flags: &["--tree-memory-mb", "0", "--workers", "1"],
    };
    let prover = start_prover(&options).unwrap();
    for (number, registry) in [(1, stack.registry), (2, second), (3, stack.registry), (4, second)] {
        let holder = Holder::new(number);
        let statement = holder.statement(registry, stack.epoch, &stack.session(number));
        let end = stack.client.prove(&stack.key, &statement, &holder.witness(number as u32)).await.unwrap();
        assert!(matches!(end, JobEnd::Proved(_)), "holder {number}");
    }
    prover.stop(Signal::SIGTERM, PATIENCE).await;
    let log = std::fs::read_to_string(&log).unwrap();
    // Three and two, unless housekeeping held a tree just then.
    assert!(log.matches("dropped the tree").count() >= 2, "the use of a registry drops the other's:\n{log}");
    assert!(log.matches("loaded a tree snapshot").count() >= 1, "what was dropped had been saved:\n{log}");
    assert!(log.contains("tree_over_budget"), "{log}");
}
