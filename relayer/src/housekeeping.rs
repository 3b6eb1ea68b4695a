//! What comes round: rent of nullifiers whose epoch is over, the format of transactions, the balance.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_rpc_client::api::request::RpcRequest;
use solana_rpc_client_types::response::{Response, RpcSimulateTransactionResult};
use veilpass_chain::{Format, Nullifier, Registry, close_nullifier};
use veilpass_protocol::{FieldElement, Nullifier as NullifierHash, RegistryId};
use veilpass_store::ChainStep;
use veilpass_telemetry::alert;

use crate::{
    figures::{self, BALANCE_LOW},
    relayer::Relayer,
    rpc_pool::RpcFailure,
    sender::Outgoing,
    trouble::Trouble,
    verdict::{OPERATOR, Verdict},
    view::{Certainty, ChainView},
};

/// Where a nullifier's account names who paid for it: after its mark, the registry and three field elements.
const PAYER_AT: usize = 8 + 4 * 32;
/// Nullifiers that are closed in one transaction.
const AT_ONCE: usize = 8;
/// Transactions of one round.
const A_ROUND: usize = 16;
/// Its instructions touch no account.
const COMPUTE_BUDGET: Address = Address::from_str_const("ComputeBudget111111111111111111111111111111");

impl Relayer {
    /// Closes nullifiers that this relayer paid for and whose epoch can never be accepted again. Returns how many.
    ///
    /// Nothing is lost by a crash: what is still there is found the next time, and what is closed cannot be closed
    /// again.
    pub async fn reclaim_nullifiers(&self) -> anyhow::Result<usize> {
        self.reclaim().await.map_err(|trouble| anyhow::anyhow!("cannot close nullifiers: {trouble:?}"))
    }

    async fn reclaim(&self) -> Result<usize, Trouble> {
        let forgotten = self.store.forgotten_housekeeping(self.options.lease).await?;
        self.watch(forgotten).await?;
        let payer = self.fee_payer.address();
        let receipts = self.view().program_accounts::<Nullifier>(PAYER_AT, &payer).await?;
        let mut by_registry: BTreeMap<Address, Vec<Nullifier>> = BTreeMap::new();
        for (_, receipt) in receipts {
            by_registry.entry(receipt.registry).or_default().push(receipt);
        }
        let mut closed = 0;
        for (address, receipts) in by_registry {
            let [registry, clock] = self.view().accounts([address, ChainView::clock()], Certainty::Finalized).await?;
            let (Some(registry), Some(now)) =
                (registry.and_then(|account| account.read::<Registry>()), ChainView::time(clock.as_ref()))
            else {
                continue;
            };
            let Some(id) = FieldElement::from_be_slice(&registry.registry_id).ok().map(RegistryId::new) else {
                continue;
            };
            let current = now / registry.epoch_length_seconds.max(1);
            let over =
                receipts.iter().filter(|receipt| receipt.epoch.checked_add(1).is_some_and(|next| next < current));
            let closes: Vec<Instruction> = over
                .filter_map(|receipt| FieldElement::from_be_slice(&receipt.nullifier).ok().map(NullifierHash::new))
                .map(|nullifier| close_nullifier(payer, id, nullifier))
                .collect();
            for some in closes.chunks(AT_ONCE).take(A_ROUND) {
                let outgoing = Outgoing::new(ChainStep::CloseNullifiers, Format::Legacy, some.to_vec());
                match self.dispatch(None, &outgoing).await {
                    Ok(attempt) => match self.watch(vec![attempt]).await? {
                        None => closed += some.len(),
                        Some(verdict) => tracing::info!(?verdict, "nullifiers were not closed"),
                    },
                    // Another relayer came first; whatever is left is found in the next round.
                    Err(Trouble::Verdict(Verdict::LookAgain(_))) => {}
                    Err(other) => return Err(other),
                }
            }
        }
        Ok(closed)
    }

    /// Warns when the fee payer's money runs out. Returns its balance.
    pub async fn check_balance(&self) -> anyhow::Result<u64> {
        let address = self.fee_payer.address();
        let lamports = self.view().balance(&address).await?;
        let spent = self.store.spent_in_a_day().await?;
        figures::balance(lamports);
        figures::spent(spent);
        let floor = self.options.low_balance_lamports;
        if lamports < floor {
            alert(BALANCE_LOW, format_args!("the fee payer has {lamports} lamports, and should have {floor}"));
            tracing::warn!(%address, lamports, spent, "the fee payer's balance is low: send SOL to it");
        } else {
            tracing::debug!(%address, lamports, spent, "balance");
        }
        Ok(lamports)
    }

    /// The newest format that the cluster takes: a transaction of it is simulated.
    pub(crate) async fn newest_format(&self) -> Result<Format, Trouble> {
        let format = if self.takes_v1().await? { Format::V1 } else { Format::Legacy };
        tracing::info!(?format, "format of uploads");
        Ok(format)
    }

    async fn takes_v1(&self) -> Result<bool, Trouble> {
        const UNITS: u32 = 200_000;
        // Asks for as many units as the message states anyway.
        let data = [&[2][..], &UNITS.to_le_bytes()].concat();
        let nothing = Instruction { program_id: COMPUTE_BUDGET, accounts: vec![], data };
        let outgoing = Outgoing::new(ChainStep::OpenBuffer, Format::V1, vec![nothing]);
        let transaction = self.sign(&outgoing, Hash::default(), UNITS, 0)?;
        let bytes = wincode::serialize(&transaction).map_err(|error| Trouble::later(OPERATOR, error))?;
        let config = json!({
            "encoding": "base64", "sigVerify": false, "replaceRecentBlockhash": true, "commitment": "confirmed",
        });
        let params = json!([BASE64_STANDARD.encode(bytes), config]);
        let answer = self.pool.request(RpcRequest::SimulateTransaction, params).await;
        match answer {
            Ok(Response::<RpcSimulateTransactionResult> { value, .. }) => Ok(value.err.is_none()),
            // It cannot even be read there.
            Err(RpcFailure::Refused { .. }) => Ok(false),
            Err(unavailable) => Err(unavailable.into()),
        }
    }
}
