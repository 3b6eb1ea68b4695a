//! The ownership sweep: enrolled tokens are looked for in their wallets from time to time, and enrolments of tokens that have
//! moved are revoked.
//!
//! One replica at a time sweeps (an advisory lock of the database). Only a positive finding at a finalized slot revokes: the
//! token account no longer holds the token, and the wallet has none of the mint in any other. An RPC that fails or is behind
//! revokes nothing. A frozen or delegated token has not moved.

mod batch;
mod metrics;

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;
use veilpass_store::{Leadership, Store, StoreError};

use crate::{chain::ChainReader, enrolment::EnrolmentKeys};
use batch::BatchError;
pub(crate) use metrics::describe;

/// The role that one replica has at a time.
const ROLE: &str = "veilpass ownership sweep";
/// Enrolments that are looked at together: most accounts that an RPC gives at once.
const BATCH: u32 = 100;

/// What a sweep needs.
#[derive(Clone)]
pub(crate) struct Sweep {
    pub(crate) store: Store,
    pub(crate) keys: Arc<EnrolmentKeys>,
    pub(crate) chain: Arc<ChainReader>,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SweepReport {
    /// Enrolments that were looked at.
    pub(crate) checked: u64,
    /// Of them, revoked.
    pub(crate) revoked: u64,
    /// Of them, those of which nothing could be learnt.
    pub(crate) errors: u64,
}

impl Sweep {
    /// Sweeps at this interval, while this replica leads or can. Ends with what it returns.
    pub(crate) fn start(self, interval: Duration) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut leadership: Option<Leadership> = None;
            let mut ticks = tokio::time::interval(interval);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                match lead(&self.store, leadership.take()).await {
                    Ok(Some(role)) => leadership = Some(self.run_leading(role).await),
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "the ownership sweep cannot ask for its role"),
                }
            }
        });
        tasks
    }

    async fn run_leading(&self, role: Leadership) -> Leadership {
        match self.run().await {
            Ok(SweepReport { checked, revoked, errors }) => {
                tracing::info!(checked, revoked, errors, "ownership sweep");
            }
            Err(error) => {
                metrics::failed();
                tracing::warn!(%error, "the ownership sweep stopped; it goes on where it was at its next turn");
            }
        }
        role
    }

    /// Looks once at every enrolment that counts. Memory does not depend on how many there are.
    pub(crate) async fn run(&self) -> Result<SweepReport, BatchError> {
        let since = self.store.now().await?;
        let mut report = SweepReport::default();
        loop {
            let batch = self.store.enrolments_to_check(since, BATCH).await?;
            if batch.is_empty() {
                return Ok(report);
            }
            let of_batch = self.check(batch).await?;
            metrics::count(of_batch);
            report.checked += of_batch.checked;
            report.revoked += of_batch.revoked;
            report.errors += of_batch.errors;
        }
    }
}

async fn lead(store: &Store, leadership: Option<Leadership>) -> Result<Option<Leadership>, StoreError> {
    if let Some(mut leadership) = leadership
        && leadership.is_held().await
    {
        return Ok(Some(leadership));
    }
    store.try_lead(ROLE).await
}
