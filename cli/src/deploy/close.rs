//! `veilpass program close-buffer`: the rent of an interrupted deployment comes back.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use solana_address::Address;

use super::{
    buffer_key::BufferKey,
    chain_state::Buffer,
    options::{BufferOptions, CloseOptions},
    send::Sender,
    steps,
};

/// Closes the buffer, to the fee payer.
pub async fn run(options: CloseOptions) -> anyhow::Result<ExitCode> {
    let (payer, authority) = options.keys.read()?;
    let (rpc, genesis_hash) = options.chain.connect().await?;
    let (address, key) = find(&options.address, &genesis_hash)?;
    let buffer = Buffer::read(&rpc, &address, 0).await?;
    let buffer = buffer.with_context(|| format!("there is no buffer {address} on this chain: nothing to close"))?;
    ensure!(
        buffer.authority == Some(authority.address()),
        "the buffer {address} is {}'s, not {}'s: give its key with --upgrade-authority",
        buffer.authority.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string()),
        authority.address()
    );
    let sender = Sender { rpc: &rpc, payer: payer.signer(), max_price: options.keys.max_price };
    sender.land(&steps::close(address, &payer, &authority)).await?;
    if let Some(key) = key {
        key.forget()?;
    }
    println!("closed the buffer {address}: {} lamports are back at {}", buffer.lamports, payer.address());
    Ok(ExitCode::SUCCESS)
}

/// The buffer's address, and its key if an interrupted deployment left it here.
fn find(options: &BufferOptions, genesis_hash: &str) -> anyhow::Result<(Address, Option<BufferKey>)> {
    match (options.program_id, options.buffer) {
        (Some(program), _) => {
            let key = BufferKey::hold(genesis_hash, &program)?;
            ensure!(key.is_kept(), "no deployment of {program} was interrupted on this machine: give --buffer");
            Ok((key.key().address(), Some(key)))
        }
        (None, Some(buffer)) => Ok((buffer, None)),
        (None, None) => bail!("give --program-id or --buffer"),
    }
}
