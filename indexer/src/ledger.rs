//! The ledger, through a node's RPC: which transactions named the program, and what each of them did.

use std::time::Duration;

use serde_json::{Value, json};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_types::{
    config::{RpcSignaturesForAddressConfig, RpcTransactionConfig},
    request::{RpcError, RpcRequest},
    response::RpcConfirmedTransactionStatusWithSignature,
};
use solana_signature::Signature;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, TransactionConfirmationStatus, TransactionStatus, UiTransactionEncoding,
};
use veilpass_chain::PROGRAM_ID;

use crate::{batch::BatchClient, timed::timed};

/// The newest version of transactions that this build can read.
const NEWEST_VERSION: u8 = 1;
/// The node knows a newer version than we do.
pub(crate) const UNSUPPORTED_VERSION: i64 = -32015;
/// The node has not come to a slot yet.
pub(crate) const SLOT_NOT_REACHED: i64 = -32016;
/// Most signatures that a node lists, and statuses that it tells, at once.
const PAGE: usize = 1000;
const STATUSES: usize = 256;

/// The node could not be asked, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The request failed: network, time-out, limits of the node. Never with the node's URL, which may hold a key.
    #[error("the RPC did not answer: {0}")]
    Request(String),
    /// The node says what cannot be.
    #[error("the RPC answered nonsense: {0}")]
    Nonsense(&'static str),
}

impl From<ClientError> for LedgerError {
    fn from(error: ClientError) -> Self {
        Self::Request(match error.kind() {
            ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) => format!("{message} ({code})"),
            ErrorKind::Reqwest(error) => reason(error),
            ErrorKind::SerdeJson(_) => "the answer is not what was asked for".to_owned(),
            _ => "the request failed".to_owned(),
        })
    }
}

/// What a request failed of, without its URL.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    match error.status() {
        Some(status) => format!("HTTP {status}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_connect() => "no connection".to_owned(),
        None => "the connection broke, or the answer is no JSON".to_owned(),
    }
}

/// Whether the node answered with that error.
pub(crate) fn is_refused(error: &ClientError, with: i64) -> bool {
    matches!(error.kind(), ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) if *code == with)
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

impl From<Value> for Fetched {
    fn from(result: Value) -> Self {
        match serde_json::from_value(result) {
            Ok(Some(transaction)) => Self::Read(Box::new(transaction)),
            Ok(None) => Self::Missing,
            // An answer in JSON that is no transaction as we know them.
            Err(reason) => Self::Unsupported(reason.to_string()),
        }
    }
}

fn transaction_params(signature: &Signature) -> Value {
    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Base64),
        commitment: Some(CommitmentConfig::confirmed()),
        max_supported_transaction_version: Some(NEWEST_VERSION),
    };
    json!([signature.to_string(), config])
}

/// A node.
pub struct Ledger {
    rpc: RpcClient,
    batches: BatchClient,
    /// Most transactions that are asked for in one request.
    pub(crate) batch: usize,
}

impl Ledger {
    /// A node by the URL of its RPC. It is asked for up to `batch` transactions in one request; if it does not take that, for
    /// one after the other.
    pub fn new(url: String, timeout: Duration, batch: usize) -> Self {
        let batches = BatchClient::new(url.clone(), timeout);
        let rpc = RpcClient::new_with_timeout_and_commitment(url, timeout, CommitmentConfig::confirmed());
        Self { rpc, batches, batch: batch.max(1) }
    }

    /// The newest confirmed and the newest final slot.
    pub async fn slots(&self) -> Result<(u64, u64), LedgerError> {
        let (finalized, confirmed) = tokio::try_join!(
            timed(self.rpc.get_slot_with_commitment(CommitmentConfig::finalized())),
            timed(self.rpc.get_slot_with_commitment(CommitmentConfig::confirmed())),
        )?;
        // Of two nodes behind one address, one may lag.
        Ok((confirmed.max(finalized), finalized))
    }

    /// The first slot whose transactions the node still has.
    pub(crate) async fn first_slot(&self) -> Result<u64, LedgerError> {
        Ok(timed(self.rpc.get_first_available_block()).await?)
    }

    /// Confirmed transactions that named the program, oldest first: those after `until`, or all if the node does not know
    /// that one; none before `from_slot`. Also whether these are all up to the slot `up_to`: the node may not have come there.
    pub(crate) async fn list(
        &self,
        until: Option<Signature>,
        from_slot: u64,
        up_to: u64,
    ) -> Result<(Vec<Listed>, bool), LedgerError> {
        let mut listed: Vec<Listed> = vec![];
        let mut complete = true;
        let mut page = match self.page(None, until, up_to).await {
            Err(error) if is_refused(&error, SLOT_NOT_REACHED) => {
                complete = false;
                self.page(None, until, 0).await?
            }
            page => page?,
        };
        loop {
            let full = page.len() >= PAGE;
            let mut before = None;
            for entry in page {
                let signature =
                    entry.signature.parse().map_err(|_| LedgerError::Nonsense("a signature that is none"))?;
                before = Some(signature);
                if entry.confirmation_status == Some(TransactionConfirmationStatus::Processed) {
                    continue;
                }
                if entry.slot < from_slot {
                    listed.reverse();
                    return Ok((listed, complete));
                }
                let finalized = entry.confirmation_status == Some(TransactionConfirmationStatus::Finalized);
                listed.push(Listed { signature, slot: entry.slot, succeeded: entry.err.is_none(), finalized });
            }
            if !full {
                listed.reverse();
                return Ok((listed, complete));
            }
            page = self.page(before, until, 0).await?;
        }
    }

    /// Newest first. Fails if the node has not come to `min_slot`.
    async fn page(
        &self,
        before: Option<Signature>,
        until: Option<Signature>,
        min_slot: u64,
    ) -> Result<Vec<RpcConfirmedTransactionStatusWithSignature>, ClientError> {
        let config = RpcSignaturesForAddressConfig {
            before: before.map(|signature| signature.to_string()),
            until: until.map(|signature| signature.to_string()),
            limit: Some(PAGE),
            commitment: Some(CommitmentConfig::confirmed()),
            min_context_slot: (min_slot > 0).then_some(min_slot),
        };
        timed(self.rpc.send(RpcRequest::GetSignaturesForAddress, json!([PROGRAM_ID.to_string(), config]))).await
    }

    /// Confirmed transactions, in the order of their signatures.
    pub(crate) async fn transactions(&self, signatures: &[Signature]) -> Result<Vec<Fetched>, LedgerError> {
        let params: Vec<Value> = signatures.iter().map(transaction_params).collect();
        let results = match &params[..] {
            [_] => vec![None],
            _ => self.batches.ask(RpcRequest::GetTransaction.as_str(), &params).await?,
        };
        let mut fetched = Vec::with_capacity(params.len());
        for (params, result) in params.into_iter().zip(results) {
            fetched.push(match result {
                Some(result) => Fetched::from(result),
                None => self.transaction(params).await?,
            });
        }
        Ok(fetched)
    }

    async fn transaction(&self, params: Value) -> Result<Fetched, LedgerError> {
        match timed(self.rpc.send::<Value>(RpcRequest::GetTransaction, params)).await {
            Ok(result) => Ok(Fetched::from(result)),
            Err(error) => match error.kind() {
                ErrorKind::RpcError(RpcError::RpcResponseError { code: UNSUPPORTED_VERSION, message, .. }) => {
                    Ok(Fetched::Unsupported(message.clone()))
                }
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
            let answer = timed(self.rpc.get_signature_statuses_with_history(page)).await?;
            if answer.value.len() != page.len() {
                return Err(LedgerError::Nonsense("another number of statuses than was asked for"));
            }
            known_up_to = known_up_to.min(answer.context.slot);
            statuses.extend(answer.value);
        }
        Ok((known_up_to, statuses))
    }
}
