//! Why work on an intent stopped.

use std::time::Duration;

use veilpass_store::StoreError;

use crate::{
    rpc_pool::RpcFailure,
    verdict::{CLUSTER, Verdict},
};

/// Why a step was not done.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The chain says so.
    Verdict(Verdict),
    /// Another relayer has the intent.
    LeaseLost,
    /// The database failed. The lease expires, and the intent is taken up again.
    Store(StoreError),
}

impl Trouble {
    pub(crate) fn later(after: Duration, words: impl ToString) -> Self {
        Self::Verdict(Verdict::Later { after, words: words.to_string() })
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<RpcFailure> for Trouble {
    fn from(failure: RpcFailure) -> Self {
        Self::later(CLUSTER, failure)
    }
}
