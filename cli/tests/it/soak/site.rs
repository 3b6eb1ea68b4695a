//! The whole stack of the soak: two APIs that share a Redis, two provers, a relayer and an indexer on a local chain.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use veilpass_cli::{
    holders::AUDIENCE,
    stack::{ApiOptions, RedisServer, ServiceProcess, start_api},
};
use veilpass_fault_proxy::FaultProxy;

use super::PATIENCE;
use crate::{
    faulty_prover::FaultyProver,
    journal::Journal,
    stack::{DATABASE, MASTER_KEY, TestStack},
};

/// Whoever was killed starts on the port that clients know.
struct Api {
    process: Option<ServiceProcess>,
    base: String,
    log: PathBuf,
}

pub(super) struct Site {
    pub(super) stack: TestStack,
    /// Between the services and the chain.
    pub(super) proxy: FaultProxy,
    pub(super) provers: [FaultyProver; 2],
    apis: [Api; 2],
}

impl Site {
    pub(super) async fn start(seed: u64) -> Self {
        let mut stack = TestStack::start_on_chain().await;
        let proxy = stack.behind_a_proxy().await;
        for process in [stack.api.take(), stack.prover.take()].into_iter().flatten() {
            process.kill().await;
        }
        let (folder, database) = (stack.dir.path().to_owned(), stack.postgres.url(DATABASE));
        let redis = stack.redis.as_ref().map(RedisServer::url).unwrap();
        // Recycled often: a worker that is replaced is what could leave something behind.
        let flags = ["--workers", "1", "--worker-max-proofs", "60", "--redis-url", &redis].map(str::to_owned);
        let provers = [0, 1].map(|number| FaultyProver::new(&folder, number, &database, seed, &flags));
        let apis = [0, 1].map(|number| Api {
            process: None,
            base: String::new(),
            log: folder.join(format!("api-{number}.log")),
        });
        let mut site = Self { stack, proxy, provers, apis };
        site.provers.iter_mut().for_each(FaultyProver::start);
        for number in [0, 1] {
            site.start_api(number).await;
        }
        site
    }

    pub(super) fn folder(&self) -> &Path {
        self.stack.dir.path()
    }

    pub(super) fn database(&self) -> String {
        self.stack.postgres.url(DATABASE)
    }

    /// URLs of both APIs.
    pub(super) fn bases(&self) -> [String; 2] {
        [0, 1].map(|number: usize| self.apis[number].base.clone())
    }

    pub(super) async fn start_api(&mut self, number: usize) {
        let (database, redis) = (self.database(), self.stack.redis.as_ref().map(RedisServer::url));
        let api = &mut self.apis[number];
        let port = api.base.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
        let options = ApiOptions {
            redis_url: redis.as_deref(),
            database_url: &database,
            audience: AUDIENCE,
            port,
            log: &api.log,
            filter: None,
            flags: &["--ops-listen", "127.0.0.1:0"],
            env: &[
                ("VEILPASS_MASTER_KEY", MASTER_KEY),
                ("VEILPASS_RPC_URLS", self.proxy.rpc_url()),
                ("VEILPASS_SWEEP_INTERVAL_SECONDS", "20"),
            ],
        };
        let since = Instant::now();
        loop {
            match start_api(&options).await {
                Ok((process, base)) => {
                    (api.process, api.base) = (Some(process), base);
                    return;
                }
                // Somebody may have the port for a moment.
                Err(error) => assert!(since.elapsed() < PATIENCE, "API {number}: {error:#}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Kills an API. `false`: it is down.
    pub(super) async fn kill_api(&mut self, number: usize) -> bool {
        kill(&mut self.apis[number].process).await
    }

    pub(super) async fn kill_relayer(&mut self) -> bool {
        kill(&mut self.stack.chain().relayer).await
    }

    pub(super) async fn kill_indexer(&mut self) -> bool {
        kill(&mut self.stack.chain().indexer).await
    }

    pub(super) fn start_relayer(&mut self) {
        let database = self.database();
        self.stack.chain().start_relayer(&database);
    }

    pub(super) fn start_indexer(&mut self) {
        let database = self.database();
        self.stack.chain().start_indexer(&database);
    }

    /// What no fault may do: end a service that was not killed.
    pub(super) fn supervise(&mut self, journal: &Journal) {
        self.provers.iter_mut().for_each(|prover| prover.supervise(journal));
        let chain = self.stack.chain();
        let of_chain = [chain.relayer.as_mut(), chain.indexer.as_mut()];
        for process in self.apis.iter_mut().map(|api| api.process.as_mut()).chain(of_chain).flatten() {
            process.check().unwrap();
        }
    }

    /// Every service that is up, by name, with its process id.
    pub(super) fn services(&mut self) -> Vec<(String, u32)> {
        let numbered = |name: &str, number: usize| format!("{name}-{number}");
        let apis = self.apis.iter().map(|api| api.process.as_ref().and_then(ServiceProcess::pid));
        let mut found: Vec<_> = apis.enumerate().map(|(number, pid)| (numbered("api", number), pid)).collect();
        found.extend(self.provers.iter().map(|prover| (numbered("prover", prover.number), prover.pid())));
        let chain = self.stack.chain();
        found.push(("relayer".into(), chain.relayer.as_ref().and_then(ServiceProcess::pid)));
        found.push(("indexer".into(), chain.indexer.as_ref().and_then(ServiceProcess::pid)));
        found.into_iter().filter_map(|(name, pid)| Some((name, pid?))).collect()
    }

    /// Stops everything, in order. Returns the folder, with what was left in it.
    pub(super) async fn stop(mut self, journal: &Journal) -> tempfile::TempDir {
        self.provers.iter_mut().for_each(|prover| prover.end(Signal::SIGTERM));
        while !self.provers.iter().all(FaultyProver::is_down) {
            self.provers.iter_mut().for_each(|prover| prover.supervise(journal));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let chain = self.stack.chain();
        let of_chain = [chain.relayer.take(), chain.indexer.take()];
        for process in self.apis.into_iter().map(|api| api.process).chain(of_chain).flatten() {
            process.stop(Signal::SIGTERM, PATIENCE).await;
        }
        let TestStack { dir, postgres, redis, pool, .. } = self.stack;
        pool.close().await;
        postgres.stop().await;
        if let Some(redis) = redis {
            redis.stop().await;
        }
        dir
    }
}

async fn kill(process: &mut Option<ServiceProcess>) -> bool {
    match process.take() {
        Some(process) => process.kill().await,
        None => return false,
    }
    true
}
