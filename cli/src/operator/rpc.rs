//! A cluster's RPC, as an operator uses it.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_instruction::{Instruction, error::InstructionError};
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_types::config::{RpcSendTransactionConfig, RpcTransactionConfig};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, UiInstruction, UiTransactionEncoding,
    option_serializer::OptionSerializer,
};
use veilpass_chain::{AccountData, Event, Format, PROGRAM_ID, SigningKey};

const PATIENCE: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(50);
const MOST_UNITS: u32 = 1_400_000;

/// A cluster, at the `confirmed` level.
pub struct ChainRpc {
    client: RpcClient,
}

/// A transaction that landed and succeeded.
pub struct Landed {
    /// Its slot.
    pub slot: u64,
    /// Compute units that it took.
    pub compute_units: u64,
    /// Events of the Veilpass program in it, in order.
    pub events: Vec<Event>,
}

/// An error of a transaction, in words if it is the program's.
pub fn explained(error: &TransactionError) -> String {
    match error {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => {
            veilpass_relayer::words(*code).unwrap_or_else(|| error.to_string())
        }
        other => other.to_string(),
    }
}

impl ChainRpc {
    /// The cluster behind a URL.
    pub fn new(url: &str) -> Self {
        let timeout = Duration::from_secs(15);
        let level = CommitmentConfig::confirmed();
        Self { client: RpcClient::new_with_timeout_and_commitment(url.to_owned(), timeout, level) }
    }

    /// The client itself.
    pub fn client(&self) -> &RpcClient {
        &self.client
    }

    /// Lamports of an address.
    pub async fn balance(&self, address: &Address) -> anyhow::Result<u64> {
        self.client.get_balance(address).await.context("the RPC does not tell the balance")
    }

    /// Whether the Veilpass program is there, ready to run.
    pub async fn has_program(&self) -> anyhow::Result<bool> {
        let account = self.client.get_account_with_commitment(&PROGRAM_ID, CommitmentConfig::confirmed()).await;
        Ok(account.context("the RPC does not answer")?.value.is_some_and(|account| account.executable))
    }

    /// An account of the program; `None` if it is not there.
    pub async fn read<T: AccountData>(&self, address: &Address) -> anyhow::Result<Option<T>> {
        let account = self.client.get_account_with_commitment(address, CommitmentConfig::confirmed()).await;
        let account = account.context("the RPC does not answer")?.value;
        Ok(account.and_then(|account| veilpass_chain::read_account(&account.data)))
    }

    /// Sends instructions that `key` pays for and signs. Returns when they are confirmed; their error is explained.
    pub async fn send(&self, key: &SigningKey, instructions: &[Instruction]) -> anyhow::Result<Signature> {
        self.send_with_limit(key, instructions, MOST_UNITS).await
    }

    /// The same, of a transaction that may take so many compute units.
    pub async fn send_with_limit(
        &self,
        key: &SigningKey,
        instructions: &[Instruction],
        units: u32,
    ) -> anyhow::Result<Signature> {
        let blockhash = self.client.get_latest_blockhash().await.context("the RPC does not tell a blockhash")?;
        let message = Format::Legacy.message(&key.address(), instructions, blockhash, units)?;
        let transaction = VersionedTransaction::try_new(message, &[key.signer()])?;
        let signature = *transaction.signatures.first().context("a transaction without a signature")?;
        // What fails lands all the same, and its error is read from there.
        let config = RpcSendTransactionConfig { skip_preflight: true, ..RpcSendTransactionConfig::default() };
        let sent = self.client.send_transaction_with_config(&transaction, config).await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let statuses = self.client.get_signature_statuses(&[signature]).await.context("the RPC does not answer")?;
            match statuses.value.into_iter().next().flatten() {
                Some(status) if status.satisfies_commitment(CommitmentConfig::confirmed()) => match status.err {
                    None => return Ok(signature),
                    Some(error) => bail!("{signature} was refused: {}", explained(&error)),
                },
                _ if Instant::now() > deadline => {
                    sent.context("the RPC did not take the transaction")?;
                    bail!("{signature} did not land; its blockhash may have expired: try again");
                }
                _ => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// What a confirmed transaction did.
    pub async fn landed(&self, signature: &Signature) -> anyhow::Result<Landed> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            commitment: Some(CommitmentConfig::confirmed()),
            max_supported_transaction_version: Some(u8::MAX),
        };
        let read = self.client.get_transaction_with_config(signature, config).await;
        let read = read.with_context(|| format!("the RPC does not know {signature}"))?;
        let meta = read.transaction.meta.as_ref().context("the RPC does not tell how it ended")?;
        ensure!(meta.err.is_none(), "{signature} failed");
        let OptionSerializer::Some(compute_units) = meta.compute_units_consumed else {
            bail!("the RPC does not tell compute units")
        };
        Ok(Landed { slot: read.slot, compute_units, events: events(&read)? })
    }
}

/// The program's events of a transaction: its inner instructions to itself. All transactions here are our own and name the
/// program directly, so that looked-up addresses need not be known.
fn events(transaction: &EncodedConfirmedTransactionWithStatusMeta) -> anyhow::Result<Vec<Event>> {
    let decoded = transaction.transaction.transaction.decode().context("a transaction that cannot be read")?;
    let Some(OptionSerializer::Some(groups)) =
        transaction.transaction.meta.as_ref().map(|meta| &meta.inner_instructions)
    else {
        bail!("the RPC does not tell inner instructions")
    };
    let mut events = vec![];
    for inner in groups.iter().flat_map(|group| &group.instructions) {
        let UiInstruction::Compiled(inner) = inner else { bail!("the RPC parses instructions") };
        let program = decoded.message.static_account_keys().get(usize::from(inner.program_id_index));
        if program == Some(&PROGRAM_ID) {
            events.extend(Event::from_instruction_data(&bs58::decode(&inner.data).into_vec()?));
        }
    }
    Ok(events)
}
