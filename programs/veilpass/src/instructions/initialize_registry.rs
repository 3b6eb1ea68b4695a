//! Making a registry.

use anchor_lang::prelude::*;

use crate::error::VeilpassError;
use crate::events::RegistryInitialized;
use crate::field;
use crate::state::Registry;

/// Ten years, in seconds.
const LONGEST_ROOT_LIFETIME: u64 = 10 * 365 * 24 * 3600;

/// What a registry is made with.
#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct RegistryParameters {
    /// A field element, big-endian: public input 0 of every proof.
    pub registry_id: [u8; 32],
    pub publisher: Pubkey,
    pub epoch_length_seconds: u64,
    /// Shorter than an epoch.
    pub epoch_grace_seconds: u64,
    pub root_lifetime_seconds: u64,
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(parameters: RegistryParameters)]
pub struct InitializeRegistry<'info> {
    #[account(
        init,
        payer = authority,
        space = Registry::SPACE,
        seeds = [Registry::SEED, &parameters.registry_id],
        bump
    )]
    pub registry: AccountLoader<'info, Registry>,
    #[account(mut)]
    pub authority: Signer<'info>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<InitializeRegistry>, parameters: &RegistryParameters) -> Result<()> {
    require!(field::is_canonical(&parameters.registry_id), VeilpassError::NotCanonical);
    let epochs =
        parameters.epoch_length_seconds > 0 && parameters.epoch_grace_seconds < parameters.epoch_length_seconds;
    require!(epochs, VeilpassError::EpochParameters);
    let lifetime = 1..=LONGEST_ROOT_LIFETIME;
    require!(lifetime.contains(&parameters.root_lifetime_seconds), VeilpassError::RootLifetime);
    {
        let registry = &mut ctx.accounts.registry.load_init()?;
        registry.authority = ctx.accounts.authority.key();
        registry.publisher = parameters.publisher;
        registry.registry_id = parameters.registry_id;
        registry.epoch_length_seconds = parameters.epoch_length_seconds;
        registry.epoch_grace_seconds = parameters.epoch_grace_seconds;
        registry.root_lifetime_seconds = parameters.root_lifetime_seconds;
        registry.bump = ctx.bumps.registry;
    }
    emit_cpi!(RegistryInitialized {
        registry: ctx.accounts.registry.key(),
        registry_id: parameters.registry_id,
        authority: ctx.accounts.authority.key(),
        publisher: parameters.publisher,
        epoch_length_seconds: parameters.epoch_length_seconds,
        epoch_grace_seconds: parameters.epoch_grace_seconds,
        root_lifetime_seconds: parameters.root_lifetime_seconds,
    });
    Ok(())
}
