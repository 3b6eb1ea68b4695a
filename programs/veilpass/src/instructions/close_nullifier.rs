//! Returning a nullifier's rent.

use anchor_lang::prelude::*;

use crate::error::VeilpassError;
use crate::state::{Nullifier, Registry};

#[derive(Accounts)]
pub struct CloseNullifier<'info> {
    pub registry: AccountLoader<'info, Registry>,
    #[account(
        mut,
        has_one = registry @ VeilpassError::WrongRegistry,
        has_one = payer @ VeilpassError::NotPayer,
        close = payer
    )]
    pub nullifier: AccountLoader<'info, Nullifier>,
    #[account(mut)]
    pub payer: Signer<'info>,
}

/// A closed nullifier could be made again, so its epoch must be over for good.
pub(crate) fn handler(ctx: Context<CloseNullifier>) -> Result<()> {
    let epoch = ctx.accounts.nullifier.load()?.epoch;
    let over = ctx.accounts.registry.load()?.is_epoch_over(epoch, Clock::get()?.unix_timestamp);
    require!(over, VeilpassError::NullifierInUse);
    Ok(())
}
