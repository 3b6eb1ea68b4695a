//! Writing a program into its buffer: many transactions at once, each until it landed.

use std::{
    collections::HashSet,
    ops::Range,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::{
    chain_state::Buffer,
    rpc::Blockhash,
    send::{Budget, MOST_EXPIRIES, POLL, Pace, Sender},
    steps::Job,
};

/// Transactions that are under way at once.
const WINDOW: usize = 64;
/// Requests that are under way at once.
const REQUESTS: usize = 16;
/// For how long a blockhash is signed with: it lives for about a minute.
const BLOCKHASH_AGE: Duration = Duration::from_secs(15);
/// How often the buffer is read back before it is given up.
const MOST_ROUNDS: usize = 5;

/// A transaction that has not landed.
struct Sent {
    part: Range<usize>,
    signature: Signature,
    transaction: VersionedTransaction,
    last_valid_height: u64,
    pace: Pace,
}

/// Writes what is missing, until the buffer is the program, byte for byte.
pub(super) async fn upload(sender: &Sender<'_>, job: &Job<'_>, bar: &ProgressBar) -> anyhow::Result<()> {
    let part_bytes = job.part_bytes(sender)?;
    let address = job.buffer.address();
    for _ in 0..MOST_ROUNDS {
        let buffer = Buffer::read(sender.rpc, &address).await?;
        let buffer = buffer.with_context(|| format!("the buffer {address} is not there"))?;
        ensure!(buffer.code.len() == job.file.bytes.len(), "the buffer {address} is of another size");
        let missing = job.missing(Some(&buffer.code), part_bytes);
        if missing.is_empty() {
            return Ok(());
        }
        let parts = job.file.bytes.len().div_ceil(part_bytes);
        bar.set_length(parts as u64);
        bar.set_position((parts - missing.len()) as u64);
        write(sender, job, missing, bar).await?;
    }
    bail!("the buffer {address} is not what was written to it, {MOST_ROUNDS} times: is somebody else writing there?")
}

/// Parts that are on their way.
struct Writer<'a> {
    sender: &'a Sender<'a>,
    job: &'a Job<'a>,
    budget: Budget,
    blockhash: Option<(Blockhash, Instant)>,
    /// Times that transactions expired, since one landed.
    expiries: u32,
    open: Vec<Range<usize>>,
    sent: Vec<Sent>,
}

/// Writes these parts.
async fn write(
    sender: &Sender<'_>,
    job: &Job<'_>,
    mut open: Vec<Range<usize>>,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    open.reverse();
    let example = job.write(open.last().context("nothing to write")?.clone())?;
    let budget = Budget { compute_units: sender.simulate(&example).await?, price: sender.price(&example, 0).await? };
    let mut writer = Writer { sender, job, budget, blockhash: None, expiries: 0, open, sent: Vec::new() };
    while !(writer.open.is_empty() && writer.sent.is_empty()) {
        let mut due = writer.overdue();
        due.extend(writer.sign_more().await?);
        // What the RPC does not take is handed in again.
        let hand_in = async |transaction| drop(sender.rpc.send(transaction).await);
        stream::iter(&due).for_each_concurrent(REQUESTS, hand_in).await;
        tokio::time::sleep(POLL).await;
        let expired = writer.look(bar).await?;
        if expired {
            writer.budget.price = sender.price(&example, writer.expiries).await?;
        }
    }
    Ok(())
}

impl Writer<'_> {
    /// Those that were handed in some time ago, and have not landed.
    fn overdue(&mut self) -> Vec<VersionedTransaction> {
        let overdue = self.sent.iter_mut().filter_map(|sent| sent.pace.is_due().then(|| sent.transaction.clone()));
        overdue.collect()
    }

    /// New ones, until the window is full.
    async fn sign_more(&mut self) -> anyhow::Result<Vec<VersionedTransaction>> {
        let blockhash = match self.blockhash {
            Some((blockhash, at)) if at.elapsed() < BLOCKHASH_AGE => blockhash,
            _ => self.blockhash.insert((self.sender.rpc.blockhash().await?, Instant::now())).0,
        };
        let mut signed = Vec::new();
        while self.sent.len() < WINDOW
            && let Some(part) = self.open.pop()
        {
            let step = self.job.write(part.clone())?;
            let transaction = self.sender.sign(&step, blockhash.hash, self.budget)?;
            let signature = *transaction.signatures.first().context("a transaction without a signature")?;
            signed.push(transaction.clone());
            let last_valid_height = blockhash.last_valid_height;
            self.sent.push(Sent { part, signature, transaction, last_valid_height, pace: Pace::new() });
        }
        Ok(signed)
    }

    /// Takes out what landed, and what can land no more: that is to be signed again. Says whether there was such.
    async fn look(&mut self, bar: &ProgressBar) -> anyhow::Result<bool> {
        // Before the statuses: what is not there then cannot come.
        let height = self.sender.rpc.block_height().await?;
        let signatures: Vec<Signature> = self.sent.iter().map(|transaction| transaction.signature).collect();
        let mut landed = HashSet::new();
        for (place, status) in self.sender.rpc.confirmed(&signatures).await? {
            if let Some(error) = status.err {
                bail!("writing to the buffer failed on the chain: {error}");
            }
            landed.extend(signatures.get(place).copied());
        }
        self.sent.retain(|transaction| !landed.contains(&transaction.signature));
        bar.inc(landed.len() as u64);
        let expired: Vec<Sent> =
            self.sent.extract_if(.., |transaction| height > transaction.last_valid_height).collect();
        if expired.is_empty() {
            self.expiries = if landed.is_empty() { self.expiries } else { 0 };
            return Ok(false);
        }
        self.expiries += 1;
        ensure!(
            self.expiries <= MOST_EXPIRIES,
            "the chain takes no writes to the buffer in time: raise --max-price, or try again later"
        );
        self.open.extend(expired.into_iter().map(|transaction| transaction.part));
        self.blockhash = None;
        Ok(true)
    }
}
