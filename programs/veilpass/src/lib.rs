//! The Veilpass program: checks proofs of ownership on chain and burns their nullifiers.
//!
//! A *registry* holds the roots that proofs may be made under. A proof and its hints are uploaded into a *proof buffer*, and
//! one instruction checks all of it: [`veilpass_program::verify_ownership`]. What is left is a *nullifier*: the receipt that
//! other programs read, and the reason why the same proof cannot be used again.
//!
//! Field elements are 32 bytes, big-endian, below the order of BN254's scalar field.
//!
//! Events are emitted by CPI (`emit_cpi!`): they are instructions that only this program's own address can sign, so they
//! can neither be truncated nor forged as log lines can.

// Anchor's macros write the documentation that is missing, and the names that the host's compiler does not know.
#![allow(missing_docs, unexpected_cfgs, clippy::diverging_sub_expression)]

use anchor_lang::prelude::*;
#[cfg(target_os = "solana")]
use solana_compiler_builtins as _;

pub mod error;
pub mod events;
pub mod field;
pub mod instructions;
pub mod proof;
pub mod state;

use instructions::*;
pub use instructions::{RegistryParameters, Statement};

// The key pair of this address is derived from a public text: for local chains only. A deployment takes its own.
declare_id!("85LygQCuWeDg7mLnVBoXtNfU3CSkvGiGZYDWRns2Mwrp");

#[program]
pub mod veilpass_program {
    use super::*;

    /// Makes a registry. Its epochs cannot be changed later, so that no epoch that is over opens again.
    pub fn initialize_registry(ctx: Context<InitializeRegistry>, parameters: RegistryParameters) -> Result<()> {
        initialize_registry::handler(ctx, &parameters)
    }

    /// Sets who may publish roots.
    pub fn set_publisher(ctx: Context<Administer>, publisher: Pubkey) -> Result<()> {
        administer::set_publisher(ctx, publisher)
    }

    /// Stops or resumes verification. Roots can be published and revoked meanwhile.
    pub fn set_paused(ctx: Context<Administer>, paused: bool) -> Result<()> {
        administer::set_paused(ctx, paused)
    }

    /// Offers the registry to another authority, who takes it by `accept_authority`.
    pub fn offer_authority(ctx: Context<Administer>, authority: Pubkey) -> Result<()> {
        administer::offer_authority(ctx, authority)
    }

    /// Takes a registry that was offered.
    pub fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
        administer::accept_authority(ctx)
    }

    /// Publishes a root, if the newest has the expected sequence number (0 for none): a retry cannot publish twice.
    /// `revoke_earlier` ends all earlier roots at once.
    pub fn publish_root(
        ctx: Context<PublishRoot>,
        expected_sequence: u64,
        root: [u8; 32],
        revoke_earlier: bool,
    ) -> Result<()> {
        publish_root::handler(ctx, expected_sequence, root, revoke_earlier)
    }

    /// Ends all roots before a sequence number, which cannot be taken back. For the publisher and the authority.
    pub fn revoke_before(ctx: Context<RevokeBefore>, min_root_sequence: u64) -> Result<()> {
        revoke_before::handler(ctx, min_root_sequence)
    }

    /// Takes a new account of the right size, owned by this program, as the signer's proof buffer.
    pub fn open_proof_buffer(ctx: Context<OpenProofBuffer>) -> Result<()> {
        proof_buffer::open(ctx)
    }

    /// Writes into a proof buffer: the proof, then its hints. For its owner.
    pub fn write_proof_buffer(ctx: Context<WriteProofBuffer>, offset: u32, bytes: Vec<u8>) -> Result<()> {
        proof_buffer::write(ctx, offset, &bytes)
    }

    /// Closes a proof buffer and returns its rent to its owner. For its owner.
    pub fn close_proof_buffer(ctx: Context<CloseProofBuffer>) -> Result<()> {
        proof_buffer::close(ctx)
    }

    /// Checks the proof in the signer's buffer for a statement, burns the nullifier, closes the buffer.
    pub fn verify_ownership(ctx: Context<VerifyOwnership>, statement: Statement, root_sequence: u64) -> Result<()> {
        verify_ownership::handler(ctx, &statement, root_sequence)
    }

    /// Closes a nullifier whose epoch can no longer be accepted, and returns its rent to who paid it. For the payer.
    pub fn close_nullifier(ctx: Context<CloseNullifier>) -> Result<()> {
        close_nullifier::handler(ctx)
    }
}
