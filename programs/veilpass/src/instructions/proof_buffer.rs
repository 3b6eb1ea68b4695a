//! Uploading a proof.

use anchor_lang::prelude::*;
use bytemuck::bytes_of_mut;

use crate::error::VeilpassError;
use crate::state::ProofBuffer;

#[derive(Accounts)]
pub struct OpenProofBuffer<'info> {
    /// Made by the system program in the same transaction, as it is too large for this program to make.
    #[account(zero)]
    pub buffer: AccountLoader<'info, ProofBuffer>,
    pub owner: Signer<'info>,
}

#[derive(Accounts)]
pub struct WriteProofBuffer<'info> {
    #[account(mut, has_one = owner @ VeilpassError::NotBufferOwner)]
    pub buffer: AccountLoader<'info, ProofBuffer>,
    pub owner: Signer<'info>,
}

#[derive(Accounts)]
pub struct CloseProofBuffer<'info> {
    #[account(mut, has_one = owner @ VeilpassError::NotBufferOwner, close = owner)]
    pub buffer: AccountLoader<'info, ProofBuffer>,
    #[account(mut)]
    pub owner: Signer<'info>,
}

pub(crate) fn open(ctx: Context<OpenProofBuffer>) -> Result<()> {
    ctx.accounts.buffer.load_init()?.owner = ctx.accounts.owner.key();
    Ok(())
}

pub(crate) fn write(ctx: Context<WriteProofBuffer>, offset: u32, bytes: &[u8]) -> Result<()> {
    let buffer = &mut ctx.accounts.buffer.load_mut()?;
    let start = offset as usize;
    let end = start.checked_add(bytes.len()).ok_or(VeilpassError::BufferRange)?;
    let place = bytes_of_mut(&mut buffer.words).get_mut(start..end).ok_or(VeilpassError::BufferRange)?;
    place.copy_from_slice(bytes);
    Ok(())
}

/// Anchor does it.
pub(crate) fn close(_: Context<CloseProofBuffer>) -> Result<()> {
    Ok(())
}
