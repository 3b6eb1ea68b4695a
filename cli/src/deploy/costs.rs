//! What a deployment costs, in lamports.

use serde::Serialize;
use veilpass_chain::priority_lamports;

use super::{
    found::Found,
    plan::{Action, BufferAction, Plan},
    send::Sender,
    steps::{Job, account_bytes},
};

/// Lamports for a signature.
const SIGNATURE_LAMPORTS: u64 = 5_000;
/// Compute units that a transaction asks for at most: a write takes 2,670, deploying 2,970.
const UNITS: u32 = 10_000;

/// Lamports.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Lamports {
    /// What the program's account must hold.
    pub(super) program_rent: u64,
    /// What the account of its data must hold.
    pub(super) program_data_rent: u64,
    /// What the buffer must hold until the end.
    pub(super) buffer_rent: u64,
    /// Of all transactions, at the highest price.
    pub(super) fees_at_most: u64,
    /// What the fee payer must have.
    pub(super) needed: u64,
    /// What it has less at the end; negative if a buffer's lamports come back.
    pub(super) spent_at_most: i64,
    /// What it has.
    pub(super) balance: u64,
}

impl Lamports {
    /// Counts them.
    pub(super) async fn of(plan: &Plan, sender: &Sender<'_>, job: &Job<'_>, found: &Found) -> anyhow::Result<Self> {
        let grown = found.program.as_ref().map_or(plan.bytes, |program| program.code.len() + plan.extend_by as usize);
        let [program, data, _] = account_bytes(grown);
        let [.., buffer] = account_bytes(plan.bytes);
        let (program_rent, program_data_rent) = (sender.rpc.rent(program).await?, sender.rpc.rent(data).await?);
        let buffer_rent = sender.rpc.rent(buffer).await?;

        let one =
            |signatures: usize| signatures as u64 * SIGNATURE_LAMPORTS + priority_lamports(UNITS, sender.max_price);
        let authority_signs = usize::from(job.authority.address() != job.payer.address());
        let others = (plan.transactions - plan.writes) as u64;
        let fees_at_most = plan.writes as u64 * one(1 + authority_signs) + others * one(2 + authority_signs);

        // The buffer's lamports come back just before the program's data are paid for.
        let resumed = found.buffer.as_ref().map_or(0, |buffer| buffer.lamports);
        let (in_buffer, in_resumed) = match plan.buffer_action {
            BufferAction::None => (0, 0),
            BufferAction::Resume => (resumed, resumed),
            BufferAction::Create => (buffer_rent, 0),
        };
        let for_program = match (plan.action, &found.program) {
            (Action::Deploy, _) => program_rent + program_data_rent,
            (Action::Upgrade, Some(program)) => program_data_rent.saturating_sub(program.lamports),
            _ => 0,
        };
        let back_first = if plan.action == Action::Deploy { in_buffer.min(program_data_rent) } else { 0 };
        // What is out of the fee payer's hands already, and counts for it.
        let held = in_resumed + found.held(&plan.closes);
        // An account that is left with less is refused.
        let least = sender.rpc.rent(0).await?;
        Ok(Self {
            program_rent,
            program_data_rent,
            buffer_rent,
            fees_at_most,
            needed: least + fees_at_most + (in_buffer + for_program - back_first).saturating_sub(held),
            spent_at_most: (fees_at_most + for_program).cast_signed() - held.cast_signed(),
            balance: sender.rpc.balance(&job.payer.address()).await?,
        })
    }
}
