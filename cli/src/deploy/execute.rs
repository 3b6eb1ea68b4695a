//! Carrying a plan out.

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use solana_address::Address;

use super::{
    buffer_key::BufferKey,
    chain_state::Deployed,
    plan::{Action, BufferAction, Plan},
    send::{POLL, Sender},
    steps::Job,
    upload::upload,
};

/// Does what is planned, until the program is there, byte for byte.
pub(super) async fn deploy(sender: &Sender<'_>, job: &Job<'_>, plan: &Plan, left: &[BufferKey]) -> anyhow::Result<()> {
    for buffer in &plan.closes {
        sender.land(&job.close(*buffer)).await?;
        left.iter().filter(|kept| kept.key.address() == *buffer).try_for_each(BufferKey::forget)?;
    }
    if plan.extend_by > 0 {
        let extended = sender.land(&job.extend(plan.extend_by)).await?;
        // A program changes once in a slot, and growing counts.
        while sender.rpc.slot().await? <= extended {
            tokio::time::sleep(POLL).await;
        }
    }
    if plan.buffer_action == BufferAction::Create {
        sender.land(&job.create(plan.lamports.buffer_rent)?).await?;
    }
    let style = ProgressStyle::with_template("  writing {bar:40} {human_pos}/{human_len} {per_sec} eta {eta}")?;
    let bar = ProgressBar::new(plan.writes as u64).with_style(style);
    let uploaded = upload(sender, job, &bar).await;
    bar.finish_and_clear();
    uploaded?;
    let step = if plan.action == Action::Deploy { job.deploy(plan.lamports.program_rent)? } else { job.upgrade() };
    sender.land(&step).await?;
    verify(sender, job, Some(job.authority.address())).await
}

/// Gives the upgrade authority up.
pub(super) async fn finalize(sender: &Sender<'_>, job: &Job<'_>) -> anyhow::Result<()> {
    sender.land(&job.finalize()).await?;
    verify(sender, job, None).await
}

/// Reads the program back.
async fn verify(sender: &Sender<'_>, job: &Job<'_>, authority: Option<Address>) -> anyhow::Result<()> {
    let found = Deployed::read(sender.rpc, &job.address).await?;
    let found = found.with_context(|| format!("the program {} is not there after it was deployed", job.address))?;
    ensure!(found.is(&job.file.bytes), "the chain holds another program at {} than was written", job.address);
    ensure!(found.is_executable, "the chain does not hold {} as a program that can be run", job.address);
    ensure!(found.authority == authority, "the upgrade authority of {} is not what was asked for", job.address);
    Ok(())
}
