//! A placeholder with something to build.
#![allow(missing_docs, unexpected_cfgs, clippy::diverging_sub_expression)]

use anchor_lang::prelude::*;
#[cfg(target_os = "solana")]
use solana_compiler_builtins as _;

declare_id!("HmbTLCmaGvZhKnn1Zfa1JVnp7vkMV4DYVxPLWBVoN65L");

#[program]
pub mod veilpass_example_gate {
    use super::*;

    pub fn check(_ctx: Context<Check>) -> Result<()> {
        Ok(())
    }
}

#[derive(Accounts)]
pub struct Check<'info> {
    pub payer: Signer<'info>,
}
