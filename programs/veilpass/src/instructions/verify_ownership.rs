//! Checking a proof.

use anchor_lang::prelude::*;
use anchor_lang::system_program;
use veilpass_ultrahonk::limbs::Word;
use veilpass_ultrahonk::pinned::PUBLIC_INPUTS;

use crate::error::VeilpassError;
use crate::events::OwnershipVerified;
use crate::state::{Nullifier, ProofBuffer, Registry};
use crate::{ID, field, proof};

/// The public inputs of a proof, in their order: field elements, big-endian.
#[derive(AnchorSerialize, AnchorDeserialize, Clone)]
pub struct Statement {
    pub registry_id: [u8; 32],
    pub merkle_root: [u8; 32],
    pub track_id: [u8; 32],
    pub epoch: [u8; 32],
    pub nullifier: [u8; 32],
    pub context: [u8; 32],
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(statement: Statement)]
pub struct VerifyOwnership<'info> {
    pub registry: AccountLoader<'info, Registry>,
    #[account(mut, has_one = owner @ VeilpassError::NotBufferOwner, close = owner)]
    pub buffer: AccountLoader<'info, ProofBuffer>,
    /// The buffer's owner, who pays for the nullifier.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// CHECK: at its one address; made here, and refused if it exists.
    #[account(mut, seeds = [Nullifier::SEED, registry.key().as_ref(), &statement.nullifier], bump)]
    pub nullifier: UncheckedAccount<'info>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<VerifyOwnership>, statement: &Statement, root_sequence: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    let clock = Clock::get()?;
    // The cheap checks first: a refusal should not cost what a proof costs.
    let epoch = check_statement(&*accounts.registry.load()?, statement, root_sequence, &clock)?;
    require!(accounts.nullifier.owner == &system_program::ID, VeilpassError::NullifierUsed);
    check_proof(&*accounts.buffer.load()?, statement)?;

    create_nullifier(&ctx, &statement.nullifier)?;
    write_nullifier(
        &accounts.nullifier,
        &Nullifier {
            registry: accounts.registry.key(),
            track_id: statement.track_id,
            nullifier: statement.nullifier,
            context: statement.context,
            payer: accounts.owner.key(),
            epoch,
            root_sequence,
            slot: clock.slot,
            verified_at: clock.unix_timestamp,
        },
    )?;
    emit_cpi!(OwnershipVerified {
        registry: accounts.registry.key(),
        registry_id: statement.registry_id,
        track_id: statement.track_id,
        epoch,
        nullifier: statement.nullifier,
        context: statement.context,
        root_sequence,
        slot: clock.slot,
    });
    Ok(())
}

/// Whether the registry accepts such a statement now. Returns its epoch.
#[inline(never)]
fn check_statement(registry: &Registry, statement: &Statement, root_sequence: u64, clock: &Clock) -> Result<u64> {
    require!(registry.paused == 0, VeilpassError::Paused);
    require!(statement.registry_id == registry.registry_id, VeilpassError::WrongRegistry);
    // The registry's number and its roots are canonical; the epoch is, if it is small.
    let free = [&statement.track_id, &statement.nullifier, &statement.context];
    require!(free.into_iter().all(field::is_canonical), VeilpassError::NotCanonical);
    let epoch = field::small(&statement.epoch).ok_or(VeilpassError::StaleEpoch)?;
    require!(registry.accepts_epoch(epoch, clock.unix_timestamp), VeilpassError::StaleEpoch);
    registry.check_root(root_sequence, &statement.merkle_root, clock.unix_timestamp)?;
    Ok(epoch)
}

#[inline(never)]
fn check_proof(buffer: &ProofBuffer, statement: &Statement) -> Result<()> {
    let Statement { registry_id, merkle_root, track_id, epoch, nullifier, context } = statement;
    let public_inputs: [Word; PUBLIC_INPUTS] =
        [registry_id, merkle_root, track_id, epoch, nullifier, context].map(|bytes| bytemuck::cast(*bytes));
    proof::verify(&buffer.words, &public_inputs)?;
    Ok(())
}

/// Makes the account. Money that somebody sent to the address before does not prevent it: the account is completed then.
#[inline(never)]
fn create_nullifier(ctx: &Context<VerifyOwnership>, nullifier: &[u8; 32]) -> Result<()> {
    let accounts = &ctx.accounts;
    let registry = accounts.registry.key();
    let seeds: &[&[u8]] = &[Nullifier::SEED, registry.as_ref(), nullifier, &[ctx.bumps.nullifier]];
    let (from, to) = (accounts.owner.to_account_info(), accounts.nullifier.to_account_info());
    let (system, rent) = (system_program::ID, Rent::get()?.minimum_balance(Nullifier::SPACE));
    let (held, space) = (to.lamports(), Nullifier::SPACE as u64);
    if held == 0 {
        let create = system_program::CreateAccount { from, to };
        return system_program::create_account(CpiContext::new_with_signer(system, create, &[seeds]), rent, space, &ID);
    }
    if held < rent {
        let transfer = system_program::Transfer { from, to: to.clone() };
        system_program::transfer(CpiContext::new(system, transfer), rent - held)?;
    }
    let allocate = system_program::Allocate { account_to_allocate: to.clone() };
    system_program::allocate(CpiContext::new_with_signer(system, allocate, &[seeds]), space)?;
    let assign = system_program::Assign { account_to_assign: to };
    system_program::assign(CpiContext::new_with_signer(system, assign, &[seeds]), &ID)
}

/// Writes the receipt.
#[inline(never)]
fn write_nullifier(account: &UncheckedAccount, receipt: &Nullifier) -> Result<()> {
    let data = &mut account.try_borrow_mut_data()?;
    let (discriminator, body) = data.split_at_mut(Nullifier::DISCRIMINATOR.len());
    discriminator.copy_from_slice(Nullifier::DISCRIMINATOR);
    body.copy_from_slice(bytemuck::bytes_of(receipt));
    Ok(())
}
