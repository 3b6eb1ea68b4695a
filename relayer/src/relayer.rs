//! Leasing an intent, keeping it, and saying how it ended.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;
use veilpass_chain::{Format, SigningKey};
use veilpass_store::{IntentEnd, LeasedIntent, Store, StoreError};

use crate::{
    figures,
    observer::{Checkpoint, Observer},
    options::RelayerOptions,
    plan::Plan,
    rpc_pool::RpcPool,
    trouble::Trouble,
    verdict::{CLUSTER, Verdict, code_of},
    view::ChainView,
};

/// Tells the chain what the outbox asks for.
pub struct Relayer {
    pub(crate) store: Store,
    pub(crate) pool: RpcPool,
    pub(crate) fee_payer: SigningKey,
    pub(crate) options: RelayerOptions,
    name: String,
    observer: Option<Arc<dyn Observer>>,
    rents: Mutex<BTreeMap<usize, u64>>,
    format: OnceCell<Format>,
}

impl Relayer {
    /// A relayer of that name, which tells it apart in the database.
    pub fn new(store: Store, pool: RpcPool, fee_payer: SigningKey, options: RelayerOptions, name: String) -> Self {
        let (rents, format) = (Mutex::default(), OnceCell::new());
        Self { store, pool, fee_payer, options, name, observer: None, rents, format }
    }

    /// The same, watched.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    pub(crate) async fn reached(&self, checkpoint: Checkpoint) {
        if let Some(observer) = &self.observer {
            observer.reached(checkpoint).await;
        }
    }

    pub(crate) fn view(&self) -> ChainView<'_> {
        ChainView { pool: &self.pool, rents: &self.rents }
    }

    pub(crate) async fn upload_format(&self) -> Result<Format, Trouble> {
        match self.options.upload_format {
            Some(format) => Ok(format),
            None => self.format.get_or_try_init(|| self.newest_format()).await.copied(),
        }
    }

    /// Takes the intent whose turn it is and does for it what can be done now. `false`: none waits.
    pub async fn work_once(&self) -> Result<bool, StoreError> {
        let Some(intent) = self.store.lease_intent(&self.name, self.options.lease).await? else { return Ok(false) };
        let leased = Instant::now();
        self.reached(Checkpoint::Leased).await;
        let outcome = tokio::select! {
            outcome = self.pursue(&intent) => outcome,
            lost = self.keep(&intent) => Err(lost),
        };
        let id = intent.lease.outbox_id;
        let (pause, text);
        let end = match outcome {
            Ok(Plan::Done) => {
                if !intent.is_confirmed {
                    figures::confirmed(&intent, leased.elapsed());
                }
                match self.is_final(&intent).await {
                    true => IntentEnd::Final,
                    false => IntentEnd::Confirmed { after: self.options.finality_poll },
                }
            }
            Ok(Plan::Wait { after, words: None }) => IntentEnd::Wait { after },
            Ok(Plan::Refused(Verdict::Refused { code, words })) => {
                tracing::warn!(intent = id, code, words, "refused for good");
                text = words;
                IntentEnd::Failed {
                    code,
                    words: &text,
                    nullifier_spent: code.is_some() && code == code_of("NullifierUsed"),
                }
            }
            Ok(Plan::Wait { after, words: Some(words) })
            | Err(Trouble::Verdict(Verdict::Later { after, words }))
            | Ok(Plan::Refused(Verdict::Later { after, words })) => {
                tracing::warn!(intent = id, attempt = intent.attempts, words, "later");
                (pause, text) = (back_off(after, intent.attempts), words);
                IntentEnd::Retry { after: pause, error: &text }
            }
            Ok(Plan::Refused(Verdict::LookAgain(words)))
            | Err(Trouble::Verdict(Verdict::LookAgain(words) | Verdict::Refused { words, .. })) => {
                (pause, text) = (back_off(CLUSTER, intent.attempts), words);
                IntentEnd::Retry { after: pause, error: &text }
            }
            Ok(Plan::Send(_) | Plan::RenewBuffer) => IntentEnd::Wait { after: Duration::ZERO },
            Err(Trouble::LeaseLost) => {
                tracing::warn!(intent = id, "the lease was lost; another relayer has the intent");
                return Ok(true);
            }
            Err(Trouble::Store(error)) => return Err(error),
        };
        self.reached(Checkpoint::Concluded).await;
        match self.store.end_intent(intent.lease, end).await? {
            true => figures::intent_ended(&intent, end),
            false => tracing::warn!(intent = id, "the lease was lost; another relayer has the intent"),
        }
        Ok(true)
    }

    /// Keeps the lease, until it is lost.
    async fn keep(&self, intent: &LeasedIntent) -> Trouble {
        loop {
            tokio::time::sleep(self.options.lease / 3).await;
            match self.store.keep_intent(intent.lease, self.options.lease).await {
                Ok(true) => {}
                Ok(false) => return Trouble::LeaseLost,
                // Every record that comes asks for the lease again.
                Err(error) => tracing::warn!(%error, "the lease was not renewed"),
            }
        }
    }
}

/// Twice as long after each failure, up to eight times: what a cluster is late with waits for a quarter of a minute at most,
/// what an operator must do for four minutes.
fn back_off(first: Duration, failures: u32) -> Duration {
    first.saturating_mul(1 << failures.min(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_that_fails_for_long_is_asked_again_soon() {
        let pauses = [0, 1, 2, 3, u32::MAX].map(|failures| back_off(CLUSTER, failures).as_secs());
        assert_eq!(pauses, [2, 4, 8, 16, 16]);
    }
}
