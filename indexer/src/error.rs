//! Why a look at the ledger failed.

use solana_signature::Signature;
use veilpass_store::StoreError;

use crate::ledger::LedgerError;

/// A look at the ledger failed. Whole batches may have been written; the next look goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The node failed.
    #[error("the ledger cannot be read")]
    Ledger(#[from] LedgerError),
    /// The database failed.
    #[error("the rows cannot be written")]
    Store(#[from] StoreError),
    /// The node lists a transaction and does not have it.
    #[error(
        "the node lists transaction {0} and does not tell it: it lags behind, or no longer keeps it. If this goes on, \
         use a node with a longer history"
    )]
    Missing(Signature),
    /// The node is behind what was indexed.
    #[error(
        "the node's final slot is {final_slot}, and slot {cursor_slot} was indexed already: the node lags behind. If \
         this is another chain, start the indexer once with --from-slot 0"
    )]
    NodeBehind {
        /// The node's newest final slot.
        final_slot: u64,
        /// The slot of the cursor.
        cursor_slot: u64,
    },
}
