//! Reading transactions into a batch.

use futures_util::{StreamExt, TryStreamExt, stream};
use veilpass_store::{ChainBatch, SkippedTransaction};

use crate::{
    FollowError,
    events::{Said, events_of},
    ledger::{Fetched, Ledger, Listed},
};

/// Reads successful transactions, in order, with up to `requests` requests at once. One that this build cannot read is
/// skipped, and said to be. What was read before a failure is in the batch.
pub(crate) async fn fetch(
    ledger: &Ledger,
    requests: usize,
    entries: &[Listed],
    batch: &mut ChainBatch,
) -> Result<(), FollowError> {
    let asked = stream::iter(entries.chunks(ledger.batch)).map(|chunk| async move {
        let signatures: Vec<_> = chunk.iter().map(|entry| entry.signature).collect();
        Ok::<_, FollowError>(chunk.iter().zip(ledger.transactions(&signatures).await?))
    });
    let mut answers = std::pin::pin!(asked.buffered(requests));
    while let Some(chunk) = answers.try_next().await? {
        for (entry, answer) in chunk {
            add(entry, answer, batch)?;
        }
    }
    Ok(())
}

fn add(entry: &Listed, answer: Fetched, batch: &mut ChainBatch) -> Result<(), FollowError> {
    let signature = entry.signature.to_string();
    let (said, reason) = match answer {
        Fetched::Missing => return Err(FollowError::Missing(entry.signature)),
        // Moved to another slot since it was listed: the next look will see it there.
        Fetched::Read(transaction) if transaction.slot != entry.slot => {
            return Err(FollowError::Missing(entry.signature));
        }
        Fetched::Read(transaction) => {
            let said = events_of(&signature, &transaction, entry.finalized);
            let reason = said.unreadable.map(str::to_owned);
            (said, reason)
        }
        Fetched::Unsupported(reason) => (Said::default(), Some(reason)),
    };
    batch.events.extend(said.events);
    if let Some(reason) = reason {
        tracing::warn!(%signature, slot = entry.slot, reason, "skipped a transaction that this build cannot read");
        batch.skipped.push(SkippedTransaction { signature: signature.clone(), slot: entry.slot, reason });
    }
    batch.read.push(signature);
    Ok(())
}
