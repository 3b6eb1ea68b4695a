//! An example of a program that gates an action on Veilpass: it counts who listens to a track, once for each receipt.
//!
//! A *gate* names a registry, a track and the length of an epoch. [`veilpass_example_gate::listen`] takes the receipt of an
//! accepted proof, and counts it if it is of the gate's registry and track, and of the current epoch. The nullifier is the
//! listener's pseudonym: one count for each identity and epoch, whoever sends the transaction.
//!
//! A receipt is public, so somebody else may present it first; that changes who paid, not what is counted. A gate that gives
//! the presenter something also has to compare the receipt's context with the presenter's session: see `veilpass_cpi`.

// Anchor's macros write the documentation that is missing, and the names that the host's compiler does not know.
#![allow(missing_docs, unexpected_cfgs, clippy::diverging_sub_expression)]

use anchor_lang::prelude::*;
#[cfg(target_os = "solana")]
use solana_compiler_builtins as _;

pub mod error;
pub mod events;
pub mod instructions;
pub mod state;

use instructions::*;

// The key pair of this address is derived from a public text: for local chains only. A deployment takes its own.
declare_id!("HmbTLCmaGvZhKnn1Zfa1JVnp7vkMV4DYVxPLWBVoN65L");

#[program]
pub mod veilpass_example_gate {
    use super::*;

    /// Makes a gate. `registry` is the account's address; `epoch_length_seconds` must be the registry's, or no receipt is
    /// of the current epoch. Nothing of it can be changed later.
    pub fn initialize_gate(
        ctx: Context<InitializeGate>,
        registry: Pubkey,
        track_id: [u8; 32],
        epoch_length_seconds: u64,
    ) -> Result<()> {
        initialize_gate::handler(ctx, registry, track_id, epoch_length_seconds)
    }

    /// Counts a listener by the receipt of this nullifier, once.
    pub fn listen(ctx: Context<Listen>, nullifier: [u8; 32]) -> Result<()> {
        listen::handler(ctx, &nullifier)
    }
}
