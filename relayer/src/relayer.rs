//! The loop around an intent: see what the chain lacks, send it, watch it, look again.

use std::{collections::BTreeMap, sync::Arc, sync::Mutex, time::Duration};

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::OnceCell;
use veilpass_chain::Format;
use veilpass_store::{IntentEnd, IntentTask, LeasedIntent, Store, StoreError};

use crate::{
    fee_payer::FeePayer,
    plan::Plan,
    publish::Publication,
    rpc_pool::RpcPool,
    settle::Settling,
    trouble::Trouble,
    verdict::{CLUSTER, Verdict, code_of},
    view::{Certainty, ChainView},
};

/// How the relayer behaves.
#[derive(Debug, Clone)]
pub struct RelayerOptions {
    /// For how long an intent is leased; renewed every third of it.
    pub lease: Duration,
    /// How often a sent transaction is looked for.
    pub poll: Duration,
    /// How often it is sent again.
    pub resend: Duration,
    /// How often it is asked whether what is confirmed is final.
    pub finality_poll: Duration,
    /// The most to offer for a compute unit, in millionths of a lamport.
    pub max_price_micro_lamports: u64,
    /// The most to spend in 24 hours.
    pub daily_limit_lamports: u64,
    /// Below this balance it warns.
    pub low_balance_lamports: u64,
    /// Format of uploads; `None` asks the cluster.
    pub upload_format: Option<Format>,
}

impl Default for RelayerOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            poll: Duration::from_millis(200),
            resend: Duration::from_secs(2),
            finality_poll: Duration::from_secs(4),
            max_price_micro_lamports: 200_000,
            daily_limit_lamports: 1_000_000_000,
            low_balance_lamports: 500_000_000,
            upload_format: Some(Format::Legacy),
        }
    }
}

/// Where a relayer is: tests stop it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoint {
    /// An intent was leased.
    Leased,
    /// The chain was read.
    Planned,
    /// A transaction was simulated.
    Simulated,
    /// It was recorded, and not sent.
    Recorded,
    /// It was sent.
    Sent,
    /// Its status was asked and recorded.
    Watched,
    /// All is done but to say so.
    Concluded,
}

/// Is told where a relayer is, and may hold it there.
pub trait Observer: Send + Sync {
    /// The relayer goes on when this completes.
    fn reached(&self, checkpoint: Checkpoint) -> BoxFuture<'_, ()>;
}

/// Tells the chain what the outbox asks for.
pub struct Relayer {
    pub(crate) store: Store,
    pub(crate) pool: RpcPool,
    pub(crate) fee_payer: FeePayer,
    pub(crate) options: RelayerOptions,
    name: String,
    observer: Option<Arc<dyn Observer>>,
    rents: Mutex<BTreeMap<usize, u64>>,
    format: OnceCell<Format>,
}

/// How often a lease looks again at once before it gives others their turn.
const LOOKS: u32 = 8;
/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

impl Relayer {
    /// A relayer of that name, which tells it apart in the database.
    pub fn new(store: Store, pool: RpcPool, fee_payer: FeePayer, options: RelayerOptions, name: String) -> Self {
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

    pub(crate) async fn upload_format(&self) -> Format {
        match self.options.upload_format {
            Some(format) => format,
            None => *self.format.get_or_init(|| self.newest_format()).await,
        }
    }

    /// Takes the intent that waits longest and does for it what can be done now. `false`: none waits.
    pub async fn work_once(&self) -> Result<bool, StoreError> {
        let Some(intent) = self.store.lease_intent(&self.name, self.options.lease).await? else { return Ok(false) };
        self.reached(Checkpoint::Leased).await;
        let outcome = tokio::select! {
            outcome = self.pursue(&intent) => outcome,
            lost = self.keep(&intent) => Err(lost),
        };
        let id = intent.lease.outbox_id;
        let (pause, text);
        let end = match outcome {
            Ok(Plan::Done) => match self.is_final(&intent).await {
                true => IntentEnd::Final,
                false => IntentEnd::Confirmed { after: self.options.finality_poll },
            },
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
            Ok(Plan::Send(_)) => IntentEnd::Wait { after: Duration::ZERO },
            Err(Trouble::LeaseLost) => {
                tracing::warn!(intent = id, "the lease was lost; another relayer has the intent");
                return Ok(true);
            }
            Err(Trouble::Store(error)) => return Err(error),
        };
        self.reached(Checkpoint::Concluded).await;
        if !self.store.end_intent(intent.lease, end).await? {
            tracing::warn!(intent = id, "the lease was lost; another relayer has the intent");
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

    /// Whatever was done before is found by looking: nothing is remembered but the transactions that may still land.
    async fn pursue(&self, intent: &LeasedIntent) -> Result<Plan, Trouble> {
        let task = Task::of(intent);
        let mut refusal = None;
        for _ in 0..LOOKS {
            let open = self.store.open_attempts(intent.lease.outbox_id).await?;
            if !open.is_empty() {
                match self.watch(open).await? {
                    Some(Verdict::LookAgain(_)) | None => {}
                    Some(later @ Verdict::Later { .. }) => return Err(Trouble::Verdict(later)),
                    Some(refused @ Verdict::Refused { .. }) => refusal = Some(refused),
                }
            }
            let plan = self.plan(&task, refusal.as_ref(), Certainty::Confirmed).await?;
            self.reached(Checkpoint::Planned).await;
            let Plan::Send(transactions) = plan else { return Ok(plan) };
            let sent = join_all(transactions.iter().map(|one| self.dispatch(Some(intent.lease), one))).await;
            for result in sent {
                match result {
                    Ok(_) => {}
                    Err(Trouble::Verdict(Verdict::LookAgain(words))) => {
                        tracing::info!(intent = intent.lease.outbox_id, words, "the chain moved on");
                        tokio::time::sleep(self.options.poll).await;
                    }
                    Err(Trouble::Verdict(refused @ Verdict::Refused { .. })) => refusal = Some(refused),
                    Err(other) => return Err(other),
                }
            }
        }
        Err(Trouble::later(CLUSTER, "the chain keeps changing under this intent"))
    }

    async fn plan(&self, task: &Task, refusal: Option<&Verdict>, certainty: Certainty) -> Result<Plan, Trouble> {
        match task {
            Task::Publish(wanted) => match refusal {
                Some(refusal) => Ok(Plan::Refused(refusal.clone())),
                None => self.plan_publication(wanted, certainty).await,
            },
            Task::Settle(wanted) => self.plan_settlement(wanted, refusal, certainty).await,
        }
    }

    /// Whether no fork can undo it any more.
    async fn is_final(&self, intent: &LeasedIntent) -> bool {
        matches!(self.plan(&Task::of(intent), None, Certainty::Finalized).await, Ok(Plan::Done))
    }
}

/// What an intent asks for, ready to be planned.
enum Task {
    Publish(Publication),
    Settle(Box<Settling>),
}

impl Task {
    fn of(intent: &LeasedIntent) -> Self {
        match &intent.task {
            IntentTask::PublishRoot { root_seq, root, revoke_earlier } => Self::Publish(Publication {
                registry: intent.registry_id,
                root_seq: *root_seq,
                root: *root,
                revoke_earlier: *revoke_earlier,
                is_confirmed: intent.is_confirmed,
            }),
            IntentTask::Settle { verification_id, public_inputs, root_seq, proof } => {
                Self::Settle(Box::new(Settling::new(*verification_id, *public_inputs, *root_seq, proof.as_deref())))
            }
        }
    }
}

/// Twice as long after each failure.
fn back_off(first: Duration, failures: u32) -> Duration {
    first.saturating_mul(1 << failures.min(8)).min(LONGEST_PAUSE.max(first))
}
