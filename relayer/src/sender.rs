//! One transaction: simulated, priced, signed, recorded, sent.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_rpc_client::api::request::RpcRequest;
use solana_rpc_client_types::response::{Response, RpcBlockhash, RpcSimulateTransactionResult};
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use veilpass_chain::{Format, priority_lamports};
use veilpass_store::{AttemptRecorded, ChainAttempt, ChainStep, IntentLease};
use veilpass_telemetry::alert;

use crate::{
    figures::SPENDING_LIMIT,
    observer::Checkpoint,
    price::price,
    relayer::Relayer,
    trouble::Trouble,
    verdict::{CLUSTER, OPERATOR, judge},
};

/// A transaction to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) step: ChainStep,
    pub(crate) format: Format,
    pub(crate) instructions: Vec<Instruction>,
    /// Lamports that it leaves on the chain for good, or for a long time.
    pub(crate) deposit: u64,
    /// The most that is to be spent after it, in lamports. Without room for that it is not begun.
    pub(crate) to_come: u64,
}

impl Outgoing {
    /// One that leaves nothing on the chain, and that nothing has to follow.
    pub(crate) fn new(step: ChainStep, format: Format, instructions: Vec<Instruction>) -> Self {
        Self { step, format, instructions, deposit: 0, to_come: 0 }
    }
}

/// Compute units that a transaction may have.
pub(crate) const MOST_UNITS: u32 = 1_400_000;
/// Lamports for a signature.
pub(crate) const SIGNATURE_FEE: u64 = 5_000;

impl Relayer {
    /// Simulates, prices, signs, records and sends. The transaction that is recorded is returned, whether or not
    /// sending it worked: it is sent again while it is watched.
    pub(crate) async fn dispatch(
        &self,
        lease: Option<IntentLease>,
        outgoing: &Outgoing,
    ) -> Result<ChainAttempt, Trouble> {
        let units = self.simulate(outgoing).await?;
        self.reached(Checkpoint::Simulated).await;
        let limit = units.saturating_add(units / 10).saturating_add(1_000).min(u64::from(MOST_UNITS)) as u32;
        let expired = match lease {
            Some(lease) => self.store.expired_attempts(lease.outbox_id).await?,
            None => 0,
        };
        let price = price(&self.pool, &outgoing.instructions, expired, self.options.max_price_micro_lamports).await?;
        let latest: Response<RpcBlockhash> =
            self.pool.request(RpcRequest::GetLatestBlockhash, json!([{"commitment": "confirmed"}])).await?;
        let blockhash: Hash =
            latest.value.blockhash.parse().map_err(|_| Trouble::later(CLUSTER, "the RPC's blockhash is none"))?;
        let transaction = self.sign(outgoing, blockhash, limit, price)?;
        let signed = wincode::serialize(&transaction).map_err(|error| Trouble::later(OPERATOR, error))?;
        let attempt = ChainAttempt {
            signature: transaction.signatures.first().map(ToString::to_string).unwrap_or_default(),
            step: outgoing.step,
            signed,
            last_valid_block_height: latest.value.last_valid_block_height,
            lamports: SIGNATURE_FEE + priority_lamports(limit, price) + outgoing.deposit,
        };
        let daily = self.options.limit_for(outgoing.step).saturating_sub(outgoing.to_come);
        match self.store.record_attempt(lease, &attempt, daily).await? {
            AttemptRecorded::Yes => {}
            AttemptRecorded::LeaseLost => return Err(Trouble::LeaseLost),
            AttemptRecorded::Repeated => return Err(Trouble::later(CLUSTER, "the blockhash has not changed yet")),
            AttemptRecorded::OverLimit { spent } => {
                let name = outgoing.step.name();
                alert(SPENDING_LIMIT, format_args!("{spent} of {daily} lamports are spent today: no {name} is sent"));
                let words = format!(
                    "the daily spending limit is reached: {spent} of {daily} lamports for {name}; raise \
                                     --daily-limit-lamports or wait"
                );
                return Err(Trouble::later(OPERATOR, words));
            }
        }
        self.reached(Checkpoint::Recorded).await;
        self.send(&attempt).await;
        self.reached(Checkpoint::Sent).await;
        Ok(attempt)
    }

    pub(crate) fn sign(
        &self,
        outgoing: &Outgoing,
        blockhash: Hash,
        units: u32,
        price: u64,
    ) -> Result<VersionedTransaction, Trouble> {
        let payer = self.fee_payer.address();
        let message = outgoing.format.priced_message(&payer, &outgoing.instructions, blockhash, units, price);
        let message = message.map_err(|error| Trouble::later(OPERATOR, error))?;
        VersionedTransaction::try_new(message, &[self.fee_payer.signer()])
            .map_err(|error| Trouble::later(OPERATOR, error))
    }

    /// Compute units that it takes. An error of the transaction is judged.
    async fn simulate(&self, outgoing: &Outgoing) -> Result<u64, Trouble> {
        // The RPC puts its newest blockhash in, so the signature need not fit.
        let transaction = self.sign(outgoing, Hash::default(), MOST_UNITS, 0)?;
        let bytes = wincode::serialize(&transaction).map_err(|error| Trouble::later(OPERATOR, error))?;
        let config = json!({
            "encoding": "base64", "sigVerify": false, "replaceRecentBlockhash": true, "commitment": "confirmed",
        });
        let params = json!([BASE64_STANDARD.encode(bytes), config]);
        let answer: Response<RpcSimulateTransactionResult> =
            self.pool.request(RpcRequest::SimulateTransaction, params).await?;
        match answer.value.err {
            Some(error) => {
                let error = TransactionError::from(error);
                tracing::info!(step = outgoing.step.name(), %error, "the simulation fails");
                Err(Trouble::Verdict(judge(&error)))
            }
            None => Ok(answer.value.units_consumed.unwrap_or(u64::from(MOST_UNITS))),
        }
    }

    /// Sends a transaction that is recorded. May be repeated: it lands once.
    pub(crate) async fn send(&self, attempt: &ChainAttempt) {
        let config = json!({"encoding": "base64", "skipPreflight": true, "maxRetries": 0});
        let params = json!([BASE64_STANDARD.encode(&attempt.signed), config]);
        if let Err(error) = self.pool.request::<Value>(RpcRequest::SendTransaction, params).await {
            tracing::debug!(step = attempt.step.name(), signature = attempt.signature, %error, "not sent");
        }
    }
}
