//! Carrying a plan out.

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use solana_address::Address;

use super::{
    chain_state::Deployed,
    plan::{Action, BufferAction, Plan},
    send::{POLL, Sender},
    steps::Job,
    upload::upload,
};

/// Does what is planned, until the program is there, byte for byte. Returns the slot.
pub(super) async fn deploy(sender: &Sender<'_>, job: &Job<'_>, plan: &Plan) -> anyhow::Result<u64> {
    let mut slot = 0;
    if plan.extend_by > 0 {
        let extended = sender.land(&job.extend(plan.extend_by)).await?;
        // A program changes once in a slot, and growing counts.
        while sender.rpc.slot().await? <= extended {
            tokio::time::sleep(POLL).await;
        }
    }
    if plan.buffer_action == BufferAction::Replace {
        slot = sender.land(&job.close()).await?;
    }
    if plan.buffer_action != BufferAction::Resume {
        slot = slot.max(sender.land(&job.create(plan.lamports.buffer_rent)?).await?);
    }
    let style = ProgressStyle::with_template("  writing {bar:40} {human_pos}/{human_len} {per_sec} eta {eta}")?;
    let bar = ProgressBar::new(plan.writes as u64).with_style(style);
    let uploaded = upload(sender, job, slot, &bar).await;
    bar.finish_and_clear();
    uploaded?;
    let step = if plan.action == Action::Deploy { job.deploy(plan.lamports.program_rent)? } else { job.upgrade() };
    let slot = sender.land(&step).await?;
    verify(sender, job, slot, Some(job.authority.address())).await?;
    Ok(slot)
}

/// Gives the upgrade authority up. Returns the slot.
pub(super) async fn finalize(sender: &Sender<'_>, job: &Job<'_>) -> anyhow::Result<u64> {
    let slot = sender.land(&job.finalize()).await?;
    verify(sender, job, slot, None).await?;
    Ok(slot)
}

/// Reads the program back.
async fn verify(sender: &Sender<'_>, job: &Job<'_>, slot: u64, authority: Option<Address>) -> anyhow::Result<()> {
    let found = Deployed::read(sender.rpc, &job.address, slot).await?;
    let found = found.with_context(|| format!("the program {} is not there after it was deployed", job.address))?;
    ensure!(found.is(&job.file.bytes), "the chain holds another program at {} than was written", job.address);
    ensure!(found.is_executable, "the chain does not hold {} as a program that can be run", job.address);
    ensure!(found.authority == authority, "the upgrade authority of {} is not what was asked for", job.address);
    Ok(())
}
