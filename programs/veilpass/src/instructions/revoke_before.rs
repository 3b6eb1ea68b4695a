//! Revoking roots.

use anchor_lang::prelude::*;

use crate::error::VeilpassError;
use crate::events::RootsRevoked;
use crate::state::Registry;

#[event_cpi]
#[derive(Accounts)]
pub struct RevokeBefore<'info> {
    #[account(mut)]
    pub registry: AccountLoader<'info, Registry>,
    /// The publisher or the authority.
    pub revoker: Signer<'info>,
}

pub(crate) fn handler(ctx: Context<RevokeBefore>, min_root_sequence: u64) -> Result<()> {
    let event = {
        let registry = &mut ctx.accounts.registry.load_mut()?;
        let revoker = ctx.accounts.revoker.key();
        require!(revoker == registry.publisher || revoker == registry.authority, VeilpassError::NotPublisher);
        registry.revoke_before(min_root_sequence)?;
        RootsRevoked {
            registry: ctx.accounts.registry.key(),
            registry_id: registry.registry_id,
            min_root_sequence,
            slot: Clock::get()?.slot,
        }
    };
    emit_cpi!(event);
    Ok(())
}
