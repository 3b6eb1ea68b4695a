//! Reading transactions into a batch.

use futures_util::{StreamExt, TryStreamExt, stream};
use veilpass_store::{ChainBatch, SkippedTransaction};

use crate::{
    FollowError,
    events::{Said, events_of},
    ledger::{Fetched, Ledger, Listed},
};

/// Reads successful transactions, up to `requests` at once. One that this build cannot read is skipped, and said to be.
pub(crate) async fn fetch(
    ledger: &Ledger,
    requests: usize,
    entries: impl Iterator<Item = Listed>,
    batch: &mut ChainBatch,
) -> Result<(), FollowError> {
    let fetched = stream::iter(entries)
        .map(|entry| async move { Ok::<_, FollowError>((entry, ledger.transaction(&entry.signature).await?)) })
        .buffered(requests);
    let mut fetched = std::pin::pin!(fetched);
    while let Some((entry, answer)) = fetched.try_next().await? {
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
    }
    Ok(())
}
