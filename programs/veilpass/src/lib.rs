//! A placeholder with something to build.
#![allow(missing_docs, unexpected_cfgs, clippy::diverging_sub_expression)]

use anchor_lang::prelude::*;
#[cfg(target_os = "solana")]
use solana_compiler_builtins as _;
use veilpass_ultrahonk::limbs::Fr29;

declare_id!("Fg6PaFpoGXkYsidMpWTK6W2BeZ7FEfcYkg476zPFsLnS");

#[program]
pub mod veilpass_program {
    use super::*;

    pub fn check(ctx: Context<Check>, a: [u8; 32]) -> Result<()> {
        let a = Fr29::from_be_bytes(&a).ok_or(Refusal::NotCanonical)?;
        emit_cpi!(Done { who: ctx.accounts.payer.key(), square: (a * a).to_be_bytes() });
        Ok(())
    }
}

#[event_cpi]
#[derive(Accounts)]
pub struct Check<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
}

#[event]
pub struct Done {
    pub who: Pubkey,
    pub square: [u8; 32],
}

#[error_code]
pub enum Refusal {
    #[msg("not canonical")]
    NotCanonical,
}
