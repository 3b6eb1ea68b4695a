//! The chain's side of a stack: a local chain, the operator's key, relayer and indexer.

use std::path::{Path, PathBuf};

use veilpass_chain::{
    Format, ProofSubmission, Registry, SigningKey, UploadPlan, buffer_space, registry_address, verify_ownership,
};
use veilpass_cli::{
    holders::{CLUSTER, TRACKS, program_id},
    operator::{ChainRpc, NewAnchoredRegistry, create_anchored_registry},
    stack::{IndexerOptions, LocalChain, RelayerOptions, ServiceProcess, start_indexer, start_relayer},
};
use veilpass_protocol::{EpochPolicy, PublicInputs, RegistryId};
use veilpass_store::{NewRegistry, Store};

/// Metrics and health at a free port, as everywhere.
const OPS: [&str; 2] = ["--ops-listen", "127.0.0.1:0"];
/// Milliseconds from slot to slot: finality takes 32 slots.
const SLOT_MS: u64 = 50;

pub(crate) struct ChainParts {
    dir: PathBuf,
    /// None of another view of a chain.
    _local: Option<LocalChain>,
    pub(crate) rpc: ChainRpc,
    /// Where the services find the chain: a test may put something in front of it.
    pub(crate) rpc_url: String,
    pub(crate) ws_url: String,
    /// Pays, publishes, and has authority over the registry.
    pub(crate) operator: SigningKey,
    /// A listener with money of its own.
    pub(crate) listener: SigningKey,
    pub(crate) relayer: Option<ServiceProcess>,
    pub(crate) indexer: Option<ServiceProcess>,
}

impl ChainParts {
    /// A chain with the registry.
    pub(crate) async fn start(dir: &Path, store: &Store, registry: RegistryId) -> Self {
        let operator = SigningKey::read_or_create(&dir.join("operator.json")).unwrap();
        let listener = SigningKey::generate();
        let funded = [operator.address().to_string(), listener.address().to_string()];
        let binary = LocalChain::build().unwrap();
        let local = LocalChain::start_with_slots(&binary, &funded, &dir.join("chain.log"), SLOT_MS).await.unwrap();
        let rpc = ChainRpc::new(local.rpc());
        let new = NewRegistry {
            id: registry,
            slug: "main".into(),
            program_id: program_id(),
            cluster: CLUSTER.into(),
            epochs: EpochPolicy { length_seconds: 30 * 86_400, grace_seconds: 60 },
            root_lifetime_seconds: 86_400,
            anchored: true,
        };
        let publisher = operator.address();
        let new = NewAnchoredRegistry { registry: &new, tracks: &TRACKS, authority: &operator, publisher };
        create_anchored_registry(store, &rpc, &new).await.unwrap();
        let (rpc_url, ws_url) = (local.rpc().to_owned(), local.ws().to_owned());
        let dir = dir.to_owned();
        Self { dir, _local: Some(local), rpc, rpc_url, ws_url, operator, listener, relayer: None, indexer: None }
    }

    /// The same chain, as long as it is there, without its services.
    pub(crate) fn view(&self) -> Self {
        Self {
            dir: self.dir.clone(),
            _local: None,
            rpc: ChainRpc::new(&self.rpc.client().url()),
            rpc_url: self.rpc_url.clone(),
            ws_url: self.ws_url.clone(),
            operator: SigningKey::read_or_create(&self.dir.join("operator.json")).unwrap(),
            listener: SigningKey::generate(),
            relayer: None,
            indexer: None,
        }
    }

    pub(crate) fn start_services(&mut self, database_url: &str) {
        self.start_relayer(database_url);
        self.start_indexer(database_url);
    }

    pub(crate) fn start_relayer(&mut self, database_url: &str) {
        let options = RelayerOptions {
            database_url,
            rpc: &self.rpc_url,
            fee_payer_file: &self.dir.join("operator.json"),
            batch_age_ms: 100,
            lease_seconds: 2,
            log: &self.dir.join("relayer.log"),
            filter: None,
            // A soak settles more than the default of a day allows.
            flags: &[&OPS[..], &["--daily-limit-lamports", "100000000000"]].concat(),
        };
        self.relayer = Some(start_relayer(&options).unwrap());
    }

    pub(crate) fn start_indexer(&mut self, database_url: &str) {
        let (rpc, ws) = (&self.rpc_url, &self.ws_url);
        let log = &self.dir.join("indexer.log");
        let options = IndexerOptions { database_url, rpc, ws, poll_ms: 300, log, filter: None, flags: &OPS };
        self.indexer = Some(start_indexer(&options).unwrap());
    }

    /// The registry's account.
    pub(crate) async fn registry(&self, id: RegistryId) -> Registry {
        self.rpc.read(&registry_address(id)).await.unwrap().unwrap()
    }

    /// Has a proof checked on chain without asking the API, as the listener itself may.
    pub(crate) async fn settle_directly(
        &self,
        proof: &[u8],
        inputs: &PublicInputs,
        root_seq: u64,
    ) -> anyhow::Result<String> {
        let owner = self.listener.address();
        let submission = ProofSubmission::new(proof, inputs).unwrap();
        let rent = self.rpc.client().get_minimum_balance_for_rent_exemption(buffer_space()).await.unwrap();
        let seed = hex::encode(&inputs.context.to_be_bytes()[..16]);
        let plan = UploadPlan::new(Format::Legacy, &owner, &seed, &submission, rent);
        for instructions in &plan.transactions {
            self.rpc.send_with_limit(&self.listener, instructions, veilpass_chain::UPLOAD_COMPUTE_UNITS).await.unwrap();
        }
        let verify = verify_ownership(owner, plan.buffer, inputs, root_seq);
        Ok(self.rpc.send(&self.listener, &[verify]).await?.to_string())
    }
}
