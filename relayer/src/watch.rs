//! Watching transactions until they landed or can never land.

use std::time::Instant;

use serde_json::{Value, json};
use solana_rpc_client::api::request::RpcRequest;
use solana_rpc_client_types::response::Response;
use solana_transaction_status_client_types::{TransactionConfirmationStatus, TransactionStatus};
use veilpass_store::{AttemptOutcome, ChainAttempt};

use crate::{
    figures,
    observer::Checkpoint,
    relayer::Relayer,
    rpc_pool::{Endpoint, RpcFailure},
    trouble::Trouble,
    verdict::{Verdict, judge},
};

/// Signatures that the RPC takes in one question.
const MOST_SIGNATURES: usize = 256;

impl Relayer {
    /// Waits until every transaction has landed or can never land, sending them again all the while. Returns the first
    /// error of those that landed and failed.
    pub(crate) async fn watch(&self, mut open: Vec<ChainAttempt>) -> Result<Option<Verdict>, Trouble> {
        let mut failed = None;
        // Those of a relayer that died: seen before they are sent again.
        let (mut sent, mut looked) = (None::<Instant>, Instant::now());
        loop {
            for (attempt, status) in self.statuses(&open).await? {
                let outcome = match status.err {
                    None => AttemptOutcome::Landed(status.slot),
                    Some(_) => AttemptOutcome::Refused(status.slot),
                };
                self.store.end_attempt(&attempt.signature, outcome).await?;
                figures::transaction_ended(&attempt, outcome);
                let (step, slot) = (attempt.step.name(), status.slot);
                tracing::info!(step, slot, signature = attempt.signature, error = ?status.err, "landed");
                open.retain(|other| other.signature != attempt.signature);
                failed = failed.or(status.err.as_ref().map(judge));
            }
            self.reached(Checkpoint::Watched).await;
            if open.is_empty() {
                return Ok(failed);
            }
            if sent.is_none_or(|at| at.elapsed() > self.options.resend) {
                futures_util::future::join_all(open.iter().map(|attempt| self.send(attempt))).await;
                sent = Some(Instant::now());
            }
            if looked.elapsed() > self.options.resend {
                looked = Instant::now();
                for attempt in self.expired(&open).await? {
                    tracing::warn!(step = attempt.step.name(), signature = attempt.signature, "expired");
                    self.store.end_attempt(&attempt.signature, AttemptOutcome::Expired).await?;
                    figures::transaction_ended(&attempt, AttemptOutcome::Expired);
                    open.retain(|other| other.signature != attempt.signature);
                }
            }
            tokio::time::sleep(self.options.poll).await;
        }
    }

    /// Those that landed, as far as a fork can hardly undo them.
    async fn statuses(&self, open: &[ChainAttempt]) -> Result<Vec<(ChainAttempt, TransactionStatus)>, RpcFailure> {
        let mut landed = vec![];
        for some in open.chunks(MOST_SIGNATURES) {
            let found: Response<Vec<Option<TransactionStatus>>> =
                self.pool.request(RpcRequest::GetSignatureStatuses, question(some)).await?;
            for (attempt, status) in some.iter().zip(found.value) {
                if let Some(status) = status.filter(is_confirmed) {
                    landed.push((attempt.clone(), status));
                }
            }
        }
        Ok(landed)
    }

    /// Those that can never land: a node whose *final* blocks are past their last valid height has not seen them, and
    /// no other node that answers has.
    async fn expired(&self, open: &[ChainAttempt]) -> Result<Vec<ChainAttempt>, RpcFailure> {
        let mut gone = vec![];
        for attempt in open {
            let mut is_past = false;
            let mut is_seen = false;
            for endpoint in self.pool.endpoints() {
                match sees(endpoint, attempt).await {
                    Ok(Sight::Landed) => is_seen = true,
                    Ok(Sight::Never) => is_past = true,
                    Ok(Sight::NotYet) | Err(_) => {}
                }
            }
            if is_past && !is_seen {
                gone.push(attempt.clone());
            }
        }
        Ok(gone)
    }
}

/// What a node knows of a transaction.
enum Sight {
    Landed,
    NotYet,
    Never,
}

/// The height is asked before the transaction, and both of one node: what is not there then was not in a final block.
async fn sees(endpoint: &Endpoint, attempt: &ChainAttempt) -> Result<Sight, RpcFailure> {
    let height: u64 = endpoint.request(RpcRequest::GetBlockHeight, json!([{"commitment": "finalized"}])).await?;
    let found: Response<Vec<Option<TransactionStatus>>> =
        endpoint.request(RpcRequest::GetSignatureStatuses, question(std::slice::from_ref(attempt))).await?;
    Ok(match found.value.first() {
        Some(Some(_)) => Sight::Landed,
        Some(None) if height > attempt.last_valid_block_height => Sight::Never,
        _ => Sight::NotYet,
    })
}

fn question(attempts: &[ChainAttempt]) -> Value {
    let signatures: Vec<&str> = attempts.iter().map(|attempt| attempt.signature.as_str()).collect();
    json!([signatures, {"searchTransactionHistory": true}])
}

fn is_confirmed(status: &TransactionStatus) -> bool {
    use TransactionConfirmationStatus as S;
    status.confirmations.is_none() || matches!(status.confirmation_status, Some(S::Confirmed | S::Finalized))
}
