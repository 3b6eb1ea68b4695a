//! What a deployment finds on the chain.

use solana_address::Address;

use super::{
    buffer_key::BufferKey,
    chain_state::{Buffer, Deployed},
    send::Sender,
    steps::Job,
};

/// What the chain holds.
pub(super) struct Found {
    pub(super) program: Option<Deployed>,
    pub(super) buffer: Option<Buffer>,
    /// Buffers for other contents.
    pub(super) left: Vec<(Address, Buffer)>,
}

impl Found {
    /// Looks. `kept` are the keys of all buffers for this program.
    pub(super) async fn read(sender: &Sender<'_>, job: &Job<'_>, kept: &[BufferKey]) -> anyhow::Result<Self> {
        let mut left = Vec::new();
        for address in kept.iter().map(|kept| kept.key.address()) {
            if address != job.buffer.address()
                && let Some(buffer) = Buffer::read(sender.rpc, &address).await?
            {
                left.push((address, buffer));
            }
        }
        Ok(Self {
            program: Deployed::read(sender.rpc, &job.address).await?,
            buffer: Buffer::read(sender.rpc, &job.buffer.address()).await?,
            left,
        })
    }

    /// Lamports in buffers that are closed or used up.
    pub(super) fn held(&self, closes: &[Address]) -> u64 {
        let closed = self.left.iter().filter(|(address, _)| closes.contains(address));
        closed.map(|(_, buffer)| buffer.lamports).sum()
    }
}
