//! The gated action.

use anchor_lang::prelude::*;
use veilpass_cpi::{Receipt, Wanted, epoch_at};

use crate::error::GateError;
use crate::events::Listened;
use crate::state::{Gate, Use};

#[event_cpi]
#[derive(Accounts)]
#[instruction(nullifier: [u8; 32])]
pub struct Listen<'info> {
    // Its registry and track are the authority's choice: whoever trusts a gate trusts its address.
    #[account(mut)]
    pub gate: Account<'info, Gate>,
    /// CHECK: everything about it is checked by `veilpass_cpi`.
    pub receipt: UncheckedAccount<'info>,
    // `init_if_needed` and a flag, as `init` alone would refuse a second use with the system program's words.
    #[account(
        init_if_needed,
        payer = payer,
        space = Use::SPACE,
        seeds = [Use::SEED, gate.key().as_ref(), &nullifier],
        bump
    )]
    pub listened: Account<'info, Use>,
    /// Pays for `listened`. Anybody: the listener is known by the receipt.
    #[account(mut)]
    pub payer: Signer<'info>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<Listen>, nullifier: &[u8; 32]) -> Result<()> {
    let receipt = check_receipt(&ctx.accounts.receipt, &ctx.accounts.gate, Clock::get()?.unix_timestamp)?;
    // `listened` stands for the nullifier of the instruction.
    require!(receipt.nullifier == *nullifier, GateError::WrongNullifier);
    let Listen { gate, listened, .. } = ctx.accounts;
    require!(!listened.counted, GateError::AlreadyListened);
    listened.counted = true;
    gate.listens += 1;
    emit_cpi!(Listened {
        gate: gate.key(),
        track_id: gate.track_id,
        epoch: receipt.epoch,
        nullifier: *nullifier,
        listens: gate.listens,
    });
    Ok(())
}

/// The receipt, if the gate wants it at this time. No context is wanted, as the receipt is used once.
#[inline(never)]
fn check_receipt(account: &UncheckedAccount, gate: &Gate, unix_seconds: i64) -> Result<Receipt> {
    let receipt = Receipt::read(account.key, account.owner, &account.try_borrow_data()?, &gate.registry)
        .map_err(GateError::from)?;
    let epoch = epoch_at(unix_seconds, gate.epoch_length_seconds).ok_or(GateError::EpochLength)?;
    let wanted = Wanted { track_id: gate.track_id, epochs: epoch..=epoch, context: None };
    receipt.require(&wanted).map_err(GateError::from)?;
    Ok(receipt)
}
