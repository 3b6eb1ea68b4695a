//! What the authority decides.

use anchor_lang::prelude::*;

use crate::error::VeilpassError;
use crate::state::Registry;

#[derive(Accounts)]
pub struct Administer<'info> {
    #[account(mut, has_one = authority @ VeilpassError::NotAuthority)]
    pub registry: AccountLoader<'info, Registry>,
    pub authority: Signer<'info>,
}

#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    #[account(mut)]
    pub registry: AccountLoader<'info, Registry>,
    pub authority: Signer<'info>,
}

pub(crate) fn set_publisher(ctx: Context<Administer>, publisher: Pubkey) -> Result<()> {
    ctx.accounts.registry.load_mut()?.publisher = publisher;
    Ok(())
}

pub(crate) fn set_paused(ctx: Context<Administer>, paused: bool) -> Result<()> {
    ctx.accounts.registry.load_mut()?.paused = paused.into();
    Ok(())
}

pub(crate) fn offer_authority(ctx: Context<Administer>, authority: Pubkey) -> Result<()> {
    ctx.accounts.registry.load_mut()?.offered_to = authority;
    Ok(())
}

pub(crate) fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
    let registry = &mut ctx.accounts.registry.load_mut()?;
    let authority = ctx.accounts.authority.key();
    require_keys_eq!(registry.offered_to, authority, VeilpassError::NotOffered);
    registry.authority = authority;
    registry.offered_to = Pubkey::default();
    Ok(())
}
