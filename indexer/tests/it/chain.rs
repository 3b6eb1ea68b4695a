//! The local chain with the committed program, and a registry on it.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_types::config::RpcSendTransactionConfig;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use sqlx::PgPool;
use veilpass_chain::{Format, PROGRAM_ID, RegistryParameters, initialize_registry, publish_root};
use veilpass_fault_proxy::FaultProxy;
use veilpass_indexer::{Follower, Ledger};
use veilpass_protocol::{FieldElement, MerkleRoot, RegistryId};
use veilpass_store::{ChainEvent, Store};

/// Milliseconds from slot to slot; after 31 slots one is final.
const SLOT_MS: u64 = 20;
/// Transactions that are asked for in one request: less than most tests make.
const BATCH: usize = 20;
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Chain {
    process: Child,
    pub(crate) rpc_url: String,
    pub(crate) ws_url: String,
    pub(crate) rpc: RpcClient,
    /// Authority and publisher of the registry, and whoever else pays.
    pub(crate) key: Keypair,
    pub(crate) registry: RegistryId,
}

fn binary() -> PathBuf {
    let path = std::env::var_os("VEILPASS_LOCAL_CHAIN").map_or_else(
        || {
            let home = PathBuf::from(std::env::var_os("HOME").unwrap());
            home.join(".cache/veilpass/target-local-chain/release/veilpass-local-chain")
        },
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "the local chain is not built: {} is missing. Build it once (it takes half an hour):\n  cd local-chain && \
         CARGO_TARGET_DIR=$HOME/.cache/veilpass/target-local-chain cargo build --release --locked\nor say where it is \
         with VEILPASS_LOCAL_CHAIN",
        path.display()
    );
    path
}

impl Chain {
    /// A chain with a registry without roots.
    pub(crate) async fn start() -> Self {
        let key = Keypair::new();
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../programs/veilpass/veilpass.so");
        let mut process = Command::new(binary())
            .arg("--program")
            .arg(format!("{PROGRAM_ID}={program}"))
            .args(["--fund", &key.pubkey().to_string(), "--slot-ms", &SLOT_MS.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let urls: serde_json::Value = serde_json::from_str(&line).expect("the local chain says where it is");
        let url = |name: &str| urls[name].as_str().unwrap().to_owned();
        let (rpc_url, ws_url) = (url("rpc"), url("ws"));
        let rpc = RpcClient::new(rpc_url.clone());
        let chain = Self { process, rpc_url, ws_url, rpc, key, registry: RegistryId::new(FieldElement::from_u64(77)) };
        let parameters = RegistryParameters {
            registry_id: chain.registry.to_be_bytes(),
            publisher: chain.key.pubkey(),
            epoch_length_seconds: veilpass_svm::EPOCH_LENGTH_SECONDS,
            epoch_grace_seconds: veilpass_svm::EPOCH_GRACE_SECONDS,
            root_lifetime_seconds: veilpass_svm::ROOT_LIFETIME_SECONDS,
        };
        let made = chain.send(&[initialize_registry(chain.key.pubkey(), chain.registry, parameters)]).await;
        assert!(chain.landed(&made).await, "the registry is made");
        chain
    }

    /// Sends a transaction without asking whether it will succeed.
    pub(crate) async fn send(&self, instructions: &[Instruction]) -> Signature {
        self.send_within(1_400_000, instructions).await
    }

    /// The same with another limit of compute units: an upload fills its transactions to the last byte.
    pub(crate) async fn send_within(&self, compute_units: u32, instructions: &[Instruction]) -> Signature {
        let blockhash = self.rpc.get_latest_blockhash().await.unwrap();
        let message = Format::Legacy.message(&self.key.pubkey(), instructions, blockhash, compute_units).unwrap();
        let transaction = VersionedTransaction::try_new(message, &[&self.key]).unwrap();
        let config = RpcSendTransactionConfig { skip_preflight: true, ..RpcSendTransactionConfig::default() };
        // A transaction that fails lands all the same, and the local chain says so at once.
        let _ = self.rpc.send_transaction_with_config(&transaction, config).await;
        transaction.signatures[0]
    }

    /// Waits until a transaction is on the ledger, and says whether it succeeded.
    pub(crate) async fn landed(&self, signature: &Signature) -> bool {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let status = self.rpc.get_signature_statuses(&[*signature]).await.unwrap().value.remove(0);
            if let Some(status) = status {
                return status.err.is_none();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{signature} did not land");
    }

    /// Publishes the root after number `sequence`. Returns its value.
    pub(crate) async fn publish(&self, sequence: u64) -> (Signature, MerkleRoot) {
        let root = MerkleRoot::new(FieldElement::from_u64(1_000 + sequence));
        let instruction = publish_root(self.key.pubkey(), self.registry, sequence, root, false);
        (self.send(&[instruction]).await, root)
    }

    /// Publishes many roots.
    pub(crate) async fn publish_many(&self, sequences: std::ops::Range<u64>) {
        let mut last = None;
        for sequence in sequences {
            last = Some(self.publish(sequence).await.0);
        }
        if let Some(last) = last {
            assert!(self.landed(&last).await, "roots are published in order");
        }
    }

    /// Waits until everything that is on the ledger now is final.
    pub(crate) async fn finalize(&self) {
        let ledger = self.ledger();
        let (confirmed, _) = ledger.slots().await.unwrap();
        while ledger.slots().await.unwrap().1 <= confirmed {
            tokio::time::sleep(Duration::from_millis(SLOT_MS)).await;
        }
    }

    /// Waits until everything that is on the ledger now is confirmed.
    pub(crate) async fn confirm(&self) {
        let newest = self.rpc.get_slot_with_commitment(CommitmentConfig::processed()).await.unwrap();
        while self.ledger().slots().await.unwrap().0 <= newest {
            tokio::time::sleep(Duration::from_millis(SLOT_MS)).await;
        }
    }

    /// Transactions that named the program and succeeded, with their slots; the newest thousand.
    pub(crate) async fn transactions(&self) -> Vec<(String, u64)> {
        let listed = self.rpc.get_signatures_for_address(&PROGRAM_ID).await.unwrap();
        listed.into_iter().filter(|one| one.err.is_none()).map(|one| (one.signature, one.slot)).collect()
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::new(self.rpc_url.clone(), Duration::from_secs(10), BATCH)
    }

    pub(crate) fn follower(&self, pool: &PgPool) -> Follower {
        Follower::new(Store::from_pool(pool.clone()), self.ledger(), 8)
    }

    /// A proxy before this chain.
    pub(crate) async fn proxy(&self) -> FaultProxy {
        FaultProxy::start(&self.rpc_url, &self.ws_url).await.unwrap()
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A follower that gives up a request soon.
pub(crate) fn follower_of(proxy: &FaultProxy, pool: &PgPool) -> Follower {
    let ledger = Ledger::new(proxy.rpc_url().to_owned(), Duration::from_millis(400), BATCH);
    Follower::new(Store::from_pool(pool.clone()), ledger, 8)
}

/// Follows until every row is final, and checks that reading all again, over the rows and without them, comes to the same.
pub(crate) async fn same_again(mut follower: Follower, pool: &PgPool) -> Vec<ChainEvent> {
    let store = Store::from_pool(pool.clone());
    let start = Instant::now();
    while store.chain_counts(&PROGRAM_ID.to_string()).await.unwrap().confirmed > 0 {
        assert!(start.elapsed() < PATIENCE, "all becomes final");
        follower.poll().await.unwrap();
    }
    let live = rows(pool).await;
    follower.reindex_from(0);
    follower.poll().await.unwrap();
    assert_eq!(rows(pool).await, live, "read again over the rows");
    sqlx::query("TRUNCATE chain_events, chain_cursors").execute(pool).await.unwrap();
    follower.reindex_from(0);
    follower.poll().await.unwrap();
    assert_eq!(rows(pool).await, live, "read again without the rows");
    live
}

/// What is known of the chain has been so for an hour.
pub(crate) async fn outdate_news(pool: &PgPool) {
    sqlx::query("UPDATE chain_cursors SET updated_at = now() - interval '1 h'").execute(pool).await.unwrap();
}

/// Whether it still is.
pub(crate) async fn has_old_news(pool: &PgPool) -> bool {
    let progress = Store::from_pool(pool.clone()).chain_progress(&PROGRAM_ID.to_string()).await.unwrap();
    progress.unwrap().age_seconds >= 3_600
}

/// All rows.
pub(crate) async fn rows(pool: &PgPool) -> Vec<ChainEvent> {
    Store::from_pool(pool.clone()).chain_events(&PROGRAM_ID.to_string(), 0, u32::MAX).await.unwrap()
}
