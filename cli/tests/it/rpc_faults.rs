//! A cluster whose RPC fails, lags, is cut off and forks, under relayer and indexer alike.

use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use veilpass_fault_proxy::{Fault, FaultProxy, Faults};

use crate::stack::{DATABASE, TestStack};

impl TestStack {
    /// Has relayer and indexer talk to the chain through a proxy.
    pub(crate) async fn behind_a_proxy(&mut self) -> FaultProxy {
        let database = self.postgres.url(DATABASE);
        let chain = self.chain();
        let proxy = FaultProxy::start(&chain.rpc_url, &chain.ws_url).await.unwrap();
        (chain.rpc_url, chain.ws_url) = (proxy.rpc_url().to_owned(), proxy.ws_url().to_owned());
        for process in [chain.relayer.take(), chain.indexer.take()].into_iter().flatten() {
            process.kill().await;
        }
        chain.start_services(&database);
        proxy
    }

    /// Enrols a holder, and lets time pass that a seed chooses.
    async fn go_on(&self, random: &mut ChaCha20Rng) {
        let number = self.store.registry(self.registry).await.unwrap().unwrap().leaf_count;
        self.enrol_one(number).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(100..700))).await;
    }

    /// What becomes of a fault: nothing lasts.
    async fn through(&self, faults: &Faults, random: &mut ChaCha20Rng, begin: impl FnOnce(&Faults)) {
        begin(faults);
        self.go_on(random).await;
        faults.clear();
        self.published().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_an_rpc_does_is_over_when_it_is_over() {
    let mut stack = TestStack::start_on_chain().await;
    let proxy = stack.behind_a_proxy().await;
    let (faults, mut random) = (proxy.faults(), ChaCha20Rng::seed_from_u64(11));
    let proof = stack.prove(1).await;
    let path = stack.settle(&proof, &stack.session(1)).await;
    for fault in Fault::ALL {
        stack.through(&faults, &mut random, |faults| faults.set(Some(fault))).await;
    }
    stack.through(&faults, &mut random, |faults| faults.lag(40)).await;
    stack.through(&faults, &mut random, |faults| faults.refuse_rpc(true)).await;
    stack.through(&faults, &mut random, |faults| faults.refuse_websockets(true)).await;
    stack.through(&faults, &mut random, |faults| faults.silence_websockets(true)).await;
    stack.through(&faults, &mut random, |faults| faults.cut_websockets_after(Some(Duration::from_millis(50)))).await;
    stack.through(&faults, &mut random, |faults| faults.draw(5, 100)).await;
    // The newest root is on a fork that seems to die, and does not.
    let program = veilpass_cli::holders::program_id();
    let newest = stack.store.chain_events(&program, 0, 10_000).await.unwrap().pop().unwrap();
    stack.through(&faults, &mut random, |faults| faults.fork_away([newest.signature])).await;
    stack.status(&path, &["final"]).await;
    stack.all_is_well(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: ./veilpass test --long"]
async fn a_hundred_faults_drawn_by_a_seed_lose_nothing_and_double_nothing() {
    const ROUNDS: u64 = 100;
    let mut stack = TestStack::start_on_chain().await;
    let proxy = stack.behind_a_proxy().await;
    let (faults, mut random) = (proxy.faults(), ChaCha20Rng::seed_from_u64(12));
    let mut paths = vec![];
    for round in 0..ROUNDS {
        if round % 25 == 0 {
            let holder = 1 + round / 25;
            let proof = stack.prove(holder).await;
            paths.push(stack.settle(&proof, &stack.session(holder)).await);
        }
        let (fault, share, lag) = (Fault::draw(&mut random), random.random_range(0..500), random.random_range(0..60));
        match random.random_range(0..5) {
            0 => faults.set(Some(fault)),
            1 => faults.draw(round, share),
            2 => faults.lag(lag),
            3 => faults.cut_websockets(),
            _ => faults.refuse_rpc(true),
        }
        stack.go_on(&mut random).await;
        faults.clear();
    }
    for path in &paths {
        stack.status(path, &["final"]).await;
    }
    stack.all_is_well(paths.len()).await;
}
