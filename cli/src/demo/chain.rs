//! The demo's side of the chain: a local one, or the cluster that the options name; the keys; relayer and indexer.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};
use nix::sys::signal::Signal;
use veilpass_chain::SigningKey;
use veilpass_protocol::{EpochPolicy, RegistryId};
use veilpass_store::{NewRegistry, Store};

use super::{Options, environment::fresh_log, figures::Figures, ops::OPS};
use crate::{
    holders::{CLUSTER, RARE_TRACK, TRACKS, program_id},
    operator::{ChainRpc, NewAnchoredRegistry, create_anchored_registry, wait_for_roots},
    stack::{IndexerOptions, LocalChain, RelayerOptions, ServiceProcess, start_indexer, start_relayer},
};

/// Below this balance the demo cannot be paid for: rent that comes back, and fees.
const LEAST_LAMPORTS: u64 = 150_000_000;
const ROOT_PATIENCE: Duration = Duration::from_secs(120);

/// A cluster, and what talks to it.
pub(super) struct Chain {
    /// `None`: somebody else's cluster.
    local: Option<LocalChain>,
    pub(super) rpc: ChainRpc,
    rpc_url: String,
    ws_url: String,
    /// Pays for everything, publishes the roots, and has authority over the registry.
    fee_payer: SigningKey,
    fee_payer_file: std::path::PathBuf,
    relayer: Option<ServiceProcess>,
    indexer: Option<ServiceProcess>,
}

impl Chain {
    /// Starts a local chain, or connects to the cluster of `--rpc` and `--ws`.
    pub(super) async fn start(
        options: &Options,
        dir: &Path,
        log_dir: &Path,
        figures: &mut Figures,
    ) -> anyhow::Result<Self> {
        let since = Instant::now();
        let (fee_payer_file, fee_payer) = match &options.fee_payer {
            Some(file) => (file.clone(), SigningKey::read(file)?),
            None => {
                let file = dir.join("fee-payer.json");
                let key = SigningKey::read_or_create(&file)?;
                (file, key)
            }
        };
        let address = fee_payer.address();
        let (local, rpc_url, ws_url) = match (&options.rpc, &options.ws) {
            (Some(rpc), Some(ws)) => (None, rpc.clone(), ws.clone()),
            _ => {
                let binary = tokio::task::block_in_place(LocalChain::build)?;
                let chain =
                    LocalChain::start(&binary, &[address.to_string()], &fresh_log(log_dir, "chain.log")?).await?;
                let (rpc, ws) = (chain.rpc().to_owned(), chain.ws().to_owned());
                (Some(chain), rpc, ws)
            }
        };
        let rpc = ChainRpc::new(&rpc_url);
        let lamports = rpc.balance(&address).await?;
        ensure!(
            lamports >= LEAST_LAMPORTS,
            "the fee payer {address} has {lamports} lamports and the demo needs {LEAST_LAMPORTS}: send it SOL, or name \
             another with --fee-payer"
        );
        let note = if local.is_some() { "of this machine, our program at genesis" } else { "yours" };
        figures.step("the chain", since, note);
        let (relayer, indexer) = (None, None);
        Ok(Self { local, rpc, rpc_url, ws_url, fee_payer, fee_payer_file, relayer, indexer })
    }

    /// Makes the demo's registry, on chain and in the database.
    pub(super) async fn create_registry(
        &self,
        store: &Store,
        id: RegistryId,
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let since = Instant::now();
        let registry = NewRegistry {
            id,
            slug: format!("demo-{}", hex::encode(&id.to_be_bytes()[1..7])),
            program_id: program_id(),
            cluster: CLUSTER.to_owned(),
            epochs: EpochPolicy { length_seconds: 7 * 86_400, grace_seconds: 3_600 },
            root_lifetime_seconds: 7 * 86_400,
            anchored: true,
        };
        let new = NewAnchoredRegistry {
            registry: &registry,
            tracks: &[&TRACKS[..], &[RARE_TRACK]].concat(),
            authority: &self.fee_payer,
            publisher: self.fee_payer.address(),
        };
        create_anchored_registry(store, &self.rpc, &new).await?;
        figures.step("make the registry on chain", since, registry.slug);
        Ok(())
    }

    /// Starts the relayer and the indexer.
    pub(super) fn start_services(
        &mut self,
        database_url: &str,
        log_dir: &Path,
        filter: Option<&str>,
    ) -> anyhow::Result<()> {
        self.indexer = Some(start_indexer(&IndexerOptions {
            database_url,
            rpc: &self.rpc_url,
            ws: &self.ws_url,
            poll_ms: 1_000,
            log: &fresh_log(log_dir, "indexer.log")?,
            filter,
            flags: &OPS,
        })?);
        self.relayer = Some(start_relayer(&RelayerOptions {
            database_url,
            rpc: &self.rpc_url,
            fee_payer_file: &self.fee_payer_file,
            batch_age_ms: 500,
            lease_seconds: 30,
            log: &fresh_log(log_dir, "relayer.log")?,
            filter,
            flags: &OPS,
        })?);
        Ok(())
    }

    /// Waits until the tree's root is on chain and known to be.
    pub(super) async fn wait_for_roots(
        &mut self,
        store: &Store,
        registry: RegistryId,
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let since = Instant::now();
        let root = wait_for_roots(store, registry, ROOT_PATIENCE, || self.check()).await?;
        let note = format!("root {} over {} leaves, seen by the indexer", root.seq, root.leaf_count);
        figures.step("build the tree, publish", since, note);
        Ok(())
    }

    /// An error if a service has ended.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        for process in [&mut self.relayer, &mut self.indexer].into_iter().flatten() {
            process.check()?;
        }
        Ok(())
    }

    /// Process ids of relayer and indexer.
    pub(super) fn pids(&self) -> anyhow::Result<(u32, u32)> {
        let pid = |process: &Option<ServiceProcess>| process.as_ref().and_then(ServiceProcess::pid);
        let (Some(relayer), Some(indexer)) = (pid(&self.relayer), pid(&self.indexer)) else {
            bail!("the relayer or the indexer has ended")
        };
        Ok((relayer, indexer))
    }

    /// Stops the services, then the chain.
    pub(super) async fn stop(self, patience: Duration) {
        for process in [self.relayer, self.indexer].into_iter().flatten() {
            process.stop(Signal::SIGTERM, patience).await;
        }
    }

    /// Whether it is a chain of this machine, where everything is for play.
    pub(super) fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// Pays for everything.
    pub(super) fn fee_payer(&self) -> &SigningKey {
        &self.fee_payer
    }

    /// File with the key that pays.
    pub(super) fn fee_payer_file(&self) -> &Path {
        &self.fee_payer_file
    }

    /// URLs of RPC and WebSocket.
    pub(super) fn urls(&self) -> (&str, &str) {
        (&self.rpc_url, &self.ws_url)
    }
}
