//! The loop around an intent: see what the chain lacks, send it, watch it, look again.

use std::time::Duration;

use futures_util::future::join_all;
use veilpass_store::{IntentTask, LeasedIntent};

use crate::{
    observer::Checkpoint,
    plan::Plan,
    publish::Publication,
    relayer::Relayer,
    settle::Settling,
    trouble::Trouble,
    verdict::{CLUSTER, Verdict},
    view::Certainty,
};

/// How often a lease looks again at once before it gives others their turn.
const LOOKS: u32 = 8;

impl Relayer {
    /// Whatever was done before is found by looking: nothing is remembered but the transactions that may still land.
    pub(crate) async fn pursue(&self, intent: &LeasedIntent) -> Result<Plan, Trouble> {
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
            let transactions = match plan {
                Plan::Send(transactions) => transactions,
                Plan::RenewBuffer => return self.renew_buffer(intent).await,
                ended => return Ok(ended),
            };
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

    async fn renew_buffer(&self, intent: &LeasedIntent) -> Result<Plan, Trouble> {
        tracing::warn!(intent = intent.lease.outbox_id, "the proof buffer's address was taken; another is used");
        match self.store.renew_buffer_seed(intent.lease).await? {
            true => Ok(Plan::Wait { after: Duration::ZERO, words: None }),
            false => Err(Trouble::LeaseLost),
        }
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
    pub(crate) async fn is_final(&self, intent: &LeasedIntent) -> bool {
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
            IntentTask::Settle { public_inputs, root_seq, proof, buffer_seed, .. } => {
                Self::Settle(Box::new(Settling::new(*buffer_seed, *public_inputs, *root_seq, proof.as_deref())))
            }
        }
    }
}
