//! `veilpass program close-buffer`: the rent of an interrupted deployment comes back.

use std::process::ExitCode;

use anyhow::{bail, ensure};
use solana_address::Address;

use super::{
    buffer_key::{BufferKey, BufferKeys},
    chain_state::Buffer,
    options::CloseOptions,
    send::Sender,
    steps,
};

/// Closes the buffers, to the fee payer.
pub async fn run(options: CloseOptions) -> anyhow::Result<ExitCode> {
    let (payer, authority) = options.keys.read()?;
    let (rpc, genesis_hash) = options.chain.connect().await?;
    let sender = Sender { rpc: &rpc, payer: payer.signer(), max_price: options.keys.max_price };
    let program = options.address.program_id;
    let keys = program.map(|program| BufferKeys::hold(&genesis_hash, &program)).transpose()?;
    let kept = keys.as_ref().map_or(Ok(vec![]), BufferKeys::kept)?;
    let mut addresses: Vec<Address> = kept.iter().map(|kept| kept.key.address()).collect();
    addresses.extend(options.address.buffer);
    let mut closed = 0;
    for address in addresses {
        let Some(buffer) = Buffer::read(&rpc, &address).await? else { continue };
        ensure!(
            buffer.authority == Some(authority.address()),
            "the buffer {address} is {}'s, not {}'s: give its key with --upgrade-authority",
            buffer.authority.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string()),
            authority.address()
        );
        sender.land(&steps::close(address, &payer, &authority)).await?;
        kept.iter().filter(|kept| kept.key.address() == address).try_for_each(BufferKey::forget)?;
        println!("closed the buffer {address}: {} lamports are back at {}", buffer.lamports, payer.address());
        closed += 1;
    }
    match program {
        _ if closed > 0 => Ok(ExitCode::SUCCESS),
        Some(program) => bail!("no deployment of {program} that began here left a buffer on this chain: give --buffer"),
        None => bail!("there is no such buffer on this chain: nothing to close"),
    }
}
