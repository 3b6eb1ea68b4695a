//! Publishing a root.

use anchor_lang::prelude::*;

use crate::error::VeilpassError;
use crate::events::MerkleRootUpdated;
use crate::field;
use crate::state::Registry;

#[event_cpi]
#[derive(Accounts)]
pub struct PublishRoot<'info> {
    #[account(mut, has_one = publisher @ VeilpassError::NotPublisher)]
    pub registry: AccountLoader<'info, Registry>,
    pub publisher: Signer<'info>,
}

pub(crate) fn handler(
    ctx: Context<PublishRoot>,
    expected_sequence: u64,
    root: [u8; 32],
    revoke_earlier: bool,
) -> Result<()> {
    require!(field::is_canonical(&root), VeilpassError::NotCanonical);
    require!(root != [0; 32], VeilpassError::EmptyRoot);
    let event = {
        let registry = &mut ctx.accounts.registry.load_mut()?;
        require!(registry.sequence == expected_sequence, VeilpassError::SequenceMismatch);
        let entry = registry.push_root(root, &Clock::get()?)?;
        if revoke_earlier {
            registry.revoke_before(entry.sequence)?;
        }
        MerkleRootUpdated {
            registry: ctx.accounts.registry.key(),
            registry_id: registry.registry_id,
            root,
            sequence: entry.sequence,
            min_root_sequence: registry.min_root_sequence,
            slot: entry.slot,
            expires_at: entry.expires_at,
        }
    };
    emit_cpi!(event);
    Ok(())
}
