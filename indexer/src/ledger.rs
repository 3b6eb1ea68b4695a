//! The ledger, through a node's RPC: which transactions named the program, and what each of them did.

use std::time::Duration;

use serde_json::json;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config};
use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_types::{
    config::RpcTransactionConfig,
    request::{RpcError, RpcRequest},
};
use solana_signature::Signature;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, TransactionConfirmationStatus, TransactionStatus, UiTransactionEncoding,
};
use veilpass_chain::PROGRAM_ID;

/// The newest version of transactions that this build can read.
const NEWEST_VERSION: u8 = 1;
/// The node knows a newer version than we do.
const UNSUPPORTED_VERSION: i64 = -32015;
/// Most signatures that a node lists, and statuses that it tells, at once.
const PAGE: usize = 1000;
const STATUSES: usize = 256;

/// The node could not be asked, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The request failed: network, time-out, limits of the node.
    #[error("the RPC did not answer")]
    Request(#[from] Box<ClientError>),
    /// The node says what cannot be.
    #[error("the RPC answered nonsense: {0}")]
    Nonsense(&'static str),
}

impl From<ClientError> for LedgerError {
    fn from(error: ClientError) -> Self {
        Self::Request(Box::new(error))
    }
}

/// A transaction that named the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) signature: Signature,
    pub(crate) slot: u64,
    pub(crate) succeeded: bool,
    pub(crate) finalized: bool,
}

/// What the node has of a transaction.
pub(crate) enum Fetched {
    Read(Box<EncodedConfirmedTransactionWithStatusMeta>),
    /// It is of a version, or told in a form, that this build does not know.
    Unsupported(String),
    /// Not there (yet): nodes behind one address may lag behind each other.
    Missing,
}

/// A node.
pub struct Ledger {
    rpc: RpcClient,
}

impl Ledger {
    /// A node by the URL of its RPC.
    pub fn new(url: String, timeout: Duration) -> Self {
        Self { rpc: RpcClient::new_with_timeout_and_commitment(url, timeout, CommitmentConfig::confirmed()) }
    }

    /// The newest confirmed and the newest final slot.
    pub async fn slots(&self) -> Result<(u64, u64), LedgerError> {
        // In this order, so that the first is not behind the second.
        let finalized = self.rpc.get_slot_with_commitment(CommitmentConfig::finalized()).await?;
        let confirmed = self.rpc.get_slot_with_commitment(CommitmentConfig::confirmed()).await?;
        Ok((confirmed.max(finalized), finalized))
    }

    /// The first slot whose transactions the node still has.
    pub(crate) async fn first_slot(&self) -> Result<u64, LedgerError> {
        Ok(self.rpc.get_first_available_block().await?)
    }

    /// Confirmed transactions that named the program, oldest first: those after `until`, or all if the node does not know
    /// that one; none before `from_slot`.
    pub(crate) async fn list(&self, until: Option<Signature>, from_slot: u64) -> Result<Vec<Listed>, LedgerError> {
        let mut listed: Vec<Listed> = vec![];
        let mut before = None;
        loop {
            let config = GetConfirmedSignaturesForAddress2Config {
                before,
                until,
                limit: Some(PAGE),
                commitment: Some(CommitmentConfig::confirmed()),
            };
            let page = self.rpc.get_signatures_for_address_with_config(&PROGRAM_ID, config).await?;
            let full = page.len() >= PAGE;
            for entry in page {
                let signature =
                    entry.signature.parse().map_err(|_| LedgerError::Nonsense("a signature that is none"))?;
                before = Some(signature);
                if entry.confirmation_status == Some(TransactionConfirmationStatus::Processed) {
                    continue;
                }
                if entry.slot < from_slot {
                    listed.reverse();
                    return Ok(listed);
                }
                let finalized = entry.confirmation_status == Some(TransactionConfirmationStatus::Finalized);
                listed.push(Listed { signature, slot: entry.slot, succeeded: entry.err.is_none(), finalized });
            }
            if !full {
                listed.reverse();
                return Ok(listed);
            }
        }
    }

    /// A confirmed transaction.
    pub(crate) async fn transaction(&self, signature: &Signature) -> Result<Fetched, LedgerError> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            commitment: Some(CommitmentConfig::confirmed()),
            max_supported_transaction_version: Some(NEWEST_VERSION),
        };
        let answer: Result<Option<EncodedConfirmedTransactionWithStatusMeta>, ClientError> =
            self.rpc.send(RpcRequest::GetTransaction, json!([signature.to_string(), config])).await;
        match answer {
            Ok(Some(transaction)) => Ok(Fetched::Read(Box::new(transaction))),
            Ok(None) => Ok(Fetched::Missing),
            Err(error) => match error.kind() {
                ErrorKind::RpcError(RpcError::RpcResponseError { code: UNSUPPORTED_VERSION, message, .. }) => {
                    Ok(Fetched::Unsupported(message.clone()))
                }
                // An answer in JSON that is no transaction as we know them.
                ErrorKind::SerdeJson(reason) => Ok(Fetched::Unsupported(reason.to_string())),
                _ => Err(error.into()),
            },
        }
    }

    /// What became of transactions, and the least slot up to which the node knew it.
    pub(crate) async fn statuses(
        &self,
        signatures: &[Signature],
    ) -> Result<(u64, Vec<Option<TransactionStatus>>), LedgerError> {
        let (mut known_up_to, mut statuses) = (u64::MAX, vec![]);
        for page in signatures.chunks(STATUSES) {
            let answer = self.rpc.get_signature_statuses_with_history(page).await?;
            if answer.value.len() != page.len() {
                return Err(LedgerError::Nonsense("another number of statuses than was asked for"));
            }
            known_up_to = known_up_to.min(answer.context.slot);
            statuses.extend(answer.value);
        }
        Ok((known_up_to, statuses))
    }
}
