//! One transaction: simulated, priced, signed, sent again and again until it landed, and signed anew when it expired.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use solana_address::Address;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, legacy};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use super::rpc::Rpc;

/// Compute units that a transaction may have.
pub(super) const MOST_UNITS: u32 = 1_400_000;
/// How often transactions are looked for.
pub(super) const POLL: Duration = Duration::from_millis(400);
/// After how long one that has not landed is handed in again; each time twice as long, so that a slow chain is not flooded.
const RESEND: Duration = Duration::from_secs(2);
/// Transactions of one kind that may expire before it is given up: each takes about a minute.
pub(super) const MOST_EXPIRIES: u32 = 5;
/// Lines of a program's log that an error repeats.
const LOG_LINES: usize = 6;

/// Limits of compute units and what each is worth.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    pub(super) compute_units: u32,
    /// Millionths of a lamport for each unit.
    pub(super) price: u64,
}

/// When to hand a transaction in again.
pub(super) struct Pace {
    at: Instant,
    pause: Duration,
}

impl Pace {
    /// After it was handed in just now.
    pub(super) fn new() -> Self {
        Self { at: Instant::now(), pause: RESEND }
    }

    /// Whether it is time, and if so, from when on the next pause counts.
    pub(super) fn is_due(&mut self) -> bool {
        if self.at.elapsed() < self.pause {
            return false;
        }
        *self = Self { at: Instant::now(), pause: self.pause * 2 };
        true
    }
}

/// Sends what the fee payer pays for.
pub(super) struct Sender<'a> {
    pub(super) rpc: &'a Rpc,
    pub(super) payer: &'a Keypair,
    /// The most to offer for a compute unit, in millionths of a lamport.
    pub(super) max_price: u64,
}

/// Instructions with what they need.
pub(super) struct Step<'a> {
    /// What it does, for errors.
    pub(super) what: &'static str,
    pub(super) instructions: Vec<Instruction>,
    /// Who signs besides the fee payer; may name the fee payer too.
    pub(super) signers: Vec<&'a Keypair>,
}

impl Sender<'_> {
    /// Lands a transaction, or says why not. Returns its slot.
    pub(super) async fn land(&self, step: &Step<'_>) -> anyhow::Result<u64> {
        let compute_units = self.simulate(step).await?;
        let mut expiries = 0;
        loop {
            let price = self.price(step, expiries).await?;
            let blockhash = self.rpc.blockhash().await?;
            let transaction = self.sign(step, blockhash.hash, Budget { compute_units, price })?;
            if let Some(slot) = self.watch(step, &transaction, blockhash.last_valid_height).await? {
                return Ok(slot);
            }
            expiries += 1;
            if expiries > MOST_EXPIRIES {
                bail!("{}: the chain took none of {expiries} transactions in time; raise --max-price", step.what);
            }
        }
    }

    /// Until it landed (its slot) or can land no more (none).
    async fn watch(
        &self,
        step: &Step<'_>,
        transaction: &VersionedTransaction,
        last_valid_height: u64,
    ) -> anyhow::Result<Option<u64>> {
        let signature = *transaction.signatures.first().context("a transaction without a signature")?;
        let mut pace = None::<Pace>;
        loop {
            // Before its status: what is not there then cannot come.
            let height = self.rpc.block_height().await?;
            if let Some((_, status)) = self.rpc.confirmed(&[signature]).await?.pop() {
                return match status.err {
                    None => Ok(Some(status.slot)),
                    Some(error) => bail!("{} failed on the chain: {error} (transaction {signature})", step.what),
                };
            }
            if height > last_valid_height {
                return Ok(None);
            }
            if pace.as_mut().is_none_or(Pace::is_due) {
                // Handed in again if this fails.
                let _ = self.rpc.send(transaction).await;
                pace.get_or_insert_with(Pace::new);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The compute units to ask for: what it takes now, and a tenth more. An error says what the chain would.
    pub(super) async fn simulate(&self, step: &Step<'_>) -> anyhow::Result<u32> {
        let transaction = self.sign(step, Hash::default(), Budget { compute_units: MOST_UNITS, price: 0 })?;
        let simulation = self.rpc.simulate(&transaction).await?;
        if let Some(error) = simulation.error {
            let logs = simulation.logs;
            let last = &logs[logs.len().saturating_sub(LOG_LINES)..];
            bail!("{} would fail: {error}\n  {}", step.what, last.join("\n  "));
        }
        let units = simulation.compute_units;
        Ok(u32::try_from(units + units / 10 + 1_000).unwrap_or(MOST_UNITS).min(MOST_UNITS))
    }

    /// What three of four recent blocks took for the accounts, half as much more for each transaction that expired, and
    /// never above the cap.
    pub(super) async fn price(&self, step: &Step<'_>, expiries: u32) -> anyhow::Result<u64> {
        let metas = step.instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut writable: Vec<Address> = metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect();
        writable.sort_unstable();
        writable.dedup();
        let recent = self.rpc.recent_prices(&writable).await?;
        Ok(veilpass_relayer::price_offer(recent, expiries.into(), self.max_price))
    }

    pub(super) fn sign(
        &self,
        step: &Step<'_>,
        blockhash: Hash,
        budget: Budget,
    ) -> anyhow::Result<VersionedTransaction> {
        let mut signers: Vec<&dyn Signer> = vec![self.payer];
        for signer in &step.signers {
            if signers.iter().all(|known| known.pubkey() != signer.pubkey()) {
                signers.push(*signer);
            }
        }
        let message = message(&self.payer.pubkey(), &step.instructions, blockhash, budget);
        Ok(VersionedTransaction::try_new(message, &signers)?)
    }
}

fn message(payer: &Address, instructions: &[Instruction], blockhash: Hash, budget: Budget) -> VersionedMessage {
    let limits = [
        ComputeBudgetInstruction::set_compute_unit_limit(budget.compute_units),
        ComputeBudgetInstruction::set_compute_unit_price(budget.price),
    ];
    let all: Vec<Instruction> = limits.into_iter().chain(instructions.iter().cloned()).collect();
    VersionedMessage::Legacy(legacy::Message::new_with_blockhash(&all, Some(payer), &blockhash))
}
