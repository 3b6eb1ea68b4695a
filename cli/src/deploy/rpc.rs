//! What a deployment asks an RPC, with patience: a deployment is long, and one request that fails must not end it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use solana_account::Account;
use solana_account_decoder_client_types::UiAccount;
use solana_address::Address;
use solana_hash::Hash;
use solana_rpc_client::api::request::RpcRequest;
use solana_rpc_client_types::response::{Response, RpcBlockhash, RpcPrioritizationFee, RpcSimulateTransactionResult};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::{TransactionConfirmationStatus, TransactionStatus};
use veilpass_relayer::{RpcFailure, RpcPool};

/// How long one request may take: a program of half a megabyte is read in one.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Pauses between the attempts of a request.
const PAUSES_MS: [u64; 6] = [250, 500, 1_000, 2_000, 4_000, 8_000];
/// Signatures that an RPC takes in one question.
const MOST_SIGNATURES: usize = 256;

/// An RPC. No error of it shows the URL, which may hold a key.
pub(super) struct Rpc {
    pool: RpcPool,
    /// The last slot in which something of ours landed. What is read is of that slot or later: behind one URL may be many
    /// nodes, some of them late.
    seen: AtomicU64,
}

/// A blockhash, and the last block height at which a transaction with it can land.
#[derive(Clone, Copy)]
pub(super) struct Blockhash {
    pub(super) hash: Hash,
    pub(super) last_valid_height: u64,
}

/// What a transaction would do.
pub(super) struct Simulation {
    pub(super) error: Option<TransactionError>,
    pub(super) logs: Vec<String>,
    pub(super) compute_units: u64,
}

impl Rpc {
    pub(super) fn new(url: String) -> Self {
        Self { pool: RpcPool::new(&[url], TIMEOUT), seen: AtomicU64::new(0) }
    }

    async fn ask<T: DeserializeOwned>(&self, request: RpcRequest, params: Value) -> Result<T, RpcFailure> {
        for pause in PAUSES_MS {
            match self.pool.request(request, params.clone()).await {
                Err(RpcFailure::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(pause)).await,
                other => return other,
            }
        }
        self.pool.request(request, params).await
    }

    /// In base58. Asked without patience: a wrong URL is said at once.
    pub(super) async fn genesis_hash(&self) -> anyhow::Result<String> {
        Ok(self.pool.request(RpcRequest::GetGenesisHash, Value::Null).await?)
    }

    fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    pub(super) async fn account(&self, address: &Address) -> anyhow::Result<Option<Account>> {
        let config = json!({"encoding": "base64", "commitment": "confirmed", "minContextSlot": self.seen()});
        let params = json!([address.to_string(), config]);
        let answer: Response<Option<UiAccount>> = self.ask(RpcRequest::GetAccountInfo, params).await?;
        let Some(account) = answer.value else { return Ok(None) };
        match account.to_account() {
            Some(account) => Ok(Some(account)),
            None => anyhow::bail!("the RPC does not answer with an account in base64"),
        }
    }

    /// Lamports of an address.
    pub(super) async fn balance(&self, address: &Address) -> anyhow::Result<u64> {
        let params = json!([address.to_string(), {"commitment": "confirmed", "minContextSlot": self.seen()}]);
        let answer: Response<u64> = self.ask(RpcRequest::GetBalance, params).await?;
        Ok(answer.value)
    }

    /// Lamports that an account of so many bytes must hold.
    pub(super) async fn rent(&self, bytes: usize) -> anyhow::Result<u64> {
        Ok(self.ask(RpcRequest::GetMinimumBalanceForRentExemption, json!([bytes])).await?)
    }

    pub(super) async fn blockhash(&self) -> anyhow::Result<Blockhash> {
        let params = json!([{"commitment": "confirmed"}]);
        let answer: Response<RpcBlockhash> = self.ask(RpcRequest::GetLatestBlockhash, params).await?;
        let RpcBlockhash { blockhash, last_valid_block_height } = answer.value;
        Ok(Blockhash { hash: blockhash.parse()?, last_valid_height: last_valid_block_height })
    }

    pub(super) async fn block_height(&self) -> anyhow::Result<u64> {
        Ok(self.ask(RpcRequest::GetBlockHeight, json!([{"commitment": "confirmed"}])).await?)
    }

    pub(super) async fn slot(&self) -> anyhow::Result<u64> {
        Ok(self.ask(RpcRequest::GetSlot, json!([{"commitment": "confirmed"}])).await?)
    }

    /// Those that are confirmed, with their places in `signatures`.
    pub(super) async fn confirmed(&self, signatures: &[Signature]) -> anyhow::Result<Vec<(usize, TransactionStatus)>> {
        use TransactionConfirmationStatus::{Confirmed, Finalized};
        let mut found = Vec::new();
        for (chunk, some) in signatures.chunks(MOST_SIGNATURES).enumerate() {
            let names: Vec<String> = some.iter().map(Signature::to_string).collect();
            let answer: Response<Vec<Option<TransactionStatus>>> =
                self.ask(RpcRequest::GetSignatureStatuses, json!([names])).await?;
            for (place, status) in answer.value.into_iter().enumerate() {
                let sure = |status: &TransactionStatus| {
                    status.confirmations.is_none() || matches!(status.confirmation_status, Some(Confirmed | Finalized))
                };
                if let Some(status) = status.filter(sure) {
                    self.seen.fetch_max(status.slot, Ordering::Relaxed);
                    found.push((chunk * MOST_SIGNATURES + place, status));
                }
            }
        }
        Ok(found)
    }

    /// What the transaction would do now; the RPC puts its newest blockhash in.
    pub(super) async fn simulate(&self, transaction: &VersionedTransaction) -> anyhow::Result<Simulation> {
        let config = json!({
            "encoding": "base64", "sigVerify": false, "replaceRecentBlockhash": true, "commitment": "confirmed",
            "minContextSlot": self.seen(),
        });
        let answer: Response<RpcSimulateTransactionResult> =
            self.ask(RpcRequest::SimulateTransaction, json!([encode(transaction)?, config])).await?;
        Ok(Simulation {
            error: answer.value.err.map(TransactionError::from),
            logs: answer.value.logs.unwrap_or_default(),
            compute_units: answer.value.units_consumed.unwrap_or(super::send::MOST_UNITS.into()),
        })
    }

    /// Hands a transaction in, once. Whether it lands is to be watched.
    pub(super) async fn send(&self, transaction: &VersionedTransaction) -> anyhow::Result<()> {
        let config = json!({"encoding": "base64", "skipPreflight": true, "maxRetries": 0});
        let _: String = self.pool.request(RpcRequest::SendTransaction, json!([encode(transaction)?, config])).await?;
        Ok(())
    }

    /// Prices of a compute unit that recent blocks took for these accounts, in millionths of a lamport.
    pub(super) async fn recent_prices(&self, writable: &[Address]) -> anyhow::Result<Vec<u64>> {
        let names: Vec<String> = writable.iter().map(Address::to_string).collect();
        let fees: Result<Vec<RpcPrioritizationFee>, _> =
            self.ask(RpcRequest::GetRecentPrioritizationFees, json!([names])).await;
        match fees {
            Ok(fees) => Ok(fees.into_iter().map(|fee| fee.prioritization_fee).collect()),
            // An RPC that does not know the question: nobody bids there.
            Err(RpcFailure::Refused { .. }) => Ok(vec![]),
            Err(unavailable) => Err(unavailable.into()),
        }
    }
}

fn encode(transaction: &VersionedTransaction) -> anyhow::Result<String> {
    Ok(BASE64_STANDARD.encode(wincode::serialize(transaction)?))
}
