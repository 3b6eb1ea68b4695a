//! Registries on a local chain whose roots are published one after the other: events for whoever follows the chain.

use std::time::Duration;

use anyhow::{Context, ensure};
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_types::config::RpcSendTransactionConfig;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use veilpass_chain::{Format, RegistryParameters, initialize_registry, publish_root};
use veilpass_protocol::{FieldElement, MerkleRoot, RegistryId};

/// More than publishing a root takes, and what a legacy transaction has without asking for more.
const COMPUTE_UNITS: u32 = 200_000;
/// Transactions that are sent with one blockhash: all within the minute that it is valid for.
const PER_BLOCKHASH: u64 = 100;
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(60);
const DAY: u64 = 86_400;

/// Makes registries and publishes their roots, with a key of its own.
pub struct ChainPublisher {
    rpc: RpcClient,
    key: Keypair,
}

impl ChainPublisher {
    /// One for the chain with this RPC. The key needs money there.
    pub fn new(rpc_url: &str, key: Keypair) -> Self {
        Self { rpc: RpcClient::new_with_commitment(rpc_url.to_owned(), CommitmentConfig::confirmed()), key }
    }

    /// Makes a registry, and waits until it is there.
    pub async fn initialize(&self, registry: RegistryId) -> anyhow::Result<()> {
        let parameters = RegistryParameters {
            registry_id: registry.to_be_bytes(),
            publisher: self.key.pubkey(),
            epoch_length_seconds: 30 * DAY,
            epoch_grace_seconds: 60,
            root_lifetime_seconds: DAY,
        };
        let instruction = initialize_registry(self.key.pubkey(), registry, parameters);
        let signature = self.send(&[instruction], self.rpc.get_latest_blockhash().await?).await?;
        self.confirmed(&signature).await
    }

    /// Publishes as many roots of a registry that has had `published`, one transaction for each, without waiting for them.
    /// Calls `sent` after each. Returns the last signature.
    pub async fn publish(
        &self,
        registry: RegistryId,
        published: u64,
        roots: u64,
        sent: impl Fn(),
    ) -> anyhow::Result<Signature> {
        let (mut blockhash, mut last) = (Hash::default(), None);
        for number in 0..roots {
            if number % PER_BLOCKHASH == 0 {
                blockhash = self.rpc.get_latest_blockhash().await?;
            }
            let sequence = published + number;
            let root = MerkleRoot::new(FieldElement::from_u64(1_000_000 + sequence));
            let instruction = publish_root(self.key.pubkey(), registry, sequence, root, false);
            last = Some(self.send(&[instruction], blockhash).await?);
            sent();
        }
        last.context("at least one root")
    }

    /// Waits until a transaction is confirmed, and fails if it did.
    pub async fn confirmed(&self, signature: &Signature) -> anyhow::Result<()> {
        tokio::time::timeout(CONFIRM_TIMEOUT, async {
            loop {
                let status = self.rpc.get_signature_statuses(&[*signature]).await?.value.remove(0);
                if let Some(status) = status.filter(|status| status.satisfies_commitment(CommitmentConfig::confirmed()))
                {
                    ensure!(status.err.is_none(), "{signature} failed: {:?}", status.err);
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await
        .with_context(|| format!("{signature} is not confirmed"))?
    }

    async fn send(&self, instructions: &[Instruction], blockhash: Hash) -> anyhow::Result<Signature> {
        let message = Format::Legacy.message(&self.key.pubkey(), instructions, blockhash, COMPUTE_UNITS)?;
        let transaction = VersionedTransaction::try_new(message, &[&self.key])?;
        let config = RpcSendTransactionConfig { skip_preflight: true, ..RpcSendTransactionConfig::default() };
        Ok(self.rpc.send_transaction_with_config(&transaction, config).await?)
    }
}
