//! Making a gate.

use anchor_lang::prelude::*;

use crate::error::GateError;
use crate::state::Gate;

#[derive(Accounts)]
#[instruction(registry: Pubkey, track_id: [u8; 32])]
pub struct InitializeGate<'info> {
    // The authority is part of the address, so nobody can take another's gate before they make it.
    #[account(
        init,
        payer = authority,
        space = Gate::SPACE,
        seeds = [Gate::SEED, authority.key().as_ref(), registry.as_ref(), &track_id],
        bump
    )]
    pub gate: Account<'info, Gate>,
    #[account(mut)]
    pub authority: Signer<'info>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(
    ctx: Context<InitializeGate>,
    registry: Pubkey,
    track_id: [u8; 32],
    epoch_length_seconds: u64,
) -> Result<()> {
    require!(epoch_length_seconds > 0, GateError::EpochLength);
    let authority = ctx.accounts.authority.key();
    ctx.accounts.gate.set_inner(Gate { authority, registry, track_id, epoch_length_seconds, listens: 0 });
    Ok(())
}
