//! Calls of the store.

use std::time::Duration;

use veilpass_store::{
    AttemptOutcome, AttemptRecorded, ChainAttempt, ChainStep, IntentEnd, IntentTask, LeasedIntent, PublishError,
    RecordError,
};

use super::{
    calls::{Answer, Call, End, Outcome},
    machine::Outbox,
    model::{DAILY_LIMIT, LEASE, Model, Task},
};
use crate::{
    fixture::root,
    machines::{bench::nobody_leads, signature},
};

/// The role of a leading relayer.
const ROLE: &str = "relayer";

/// What a call said, with the database's names.
pub(crate) enum Said {
    Leased(Option<Box<LeasedIntent>>),
    Else(Answer),
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ending(end: End) -> IntentEnd<'static> {
    let after = seconds(end.after());
    match end {
        End::Wait(_) => IntentEnd::Wait { after },
        End::Retry(_) => IntentEnd::Retry { after, error: "no answer" },
        End::Confirmed(_) => IntentEnd::Confirmed { after },
        End::Final => IntentEnd::Final,
        End::Failed { is_spent } => IntentEnd::Failed { code: Some(6016), words: "refused", nullifier_spent: is_spent },
    }
}

impl Outbox {
    pub(crate) async fn call(&self, call: &Call, newest_root: u64) -> Said {
        let store = &self.f.store;
        let did = match *call {
            Call::Publish { is_late, revokes } => {
                let seen = newest_root - u64::from(is_late);
                let change_seq = if is_late { 1 } else { self.change(newest_root, revokes).await };
                match store.publish_root_after(self.f.registry, seen, root(100), change_seq, 1).await {
                    Ok(published) => published.seq == newest_root + 1 && !published.is_fresh,
                    Err(PublishError::Overtaken { newest_seq }) if newest_seq == newest_root => false,
                    Err(other) => panic!("{other:?}"),
                }
            }
            Call::Accept { nullifier } => {
                let record = self.f.verification(nullifier, 100, 1);
                match store.record_verification_to_settle(&record, &[nullifier as u8; 7232]).await {
                    Ok(_) => true,
                    Err(RecordError::NullifierUsed) => false,
                    Err(other) => panic!("{other:?}"),
                }
            }
            Call::Lease => return Said::Leased(store.lease_intent("a", seconds(LEASE)).await.unwrap().map(Box::new)),
            Call::Keep { lease } => store.keep_intent(self.leases[lease], seconds(LEASE)).await.unwrap(),
            Call::Renew { lease } => store.renew_buffer_seed(self.leases[lease]).await.unwrap(),
            Call::Record { lease, signature: number, decides, lamports } => {
                let attempt = ChainAttempt {
                    signature: signature(number),
                    step: if decides { ChainStep::Verify } else { ChainStep::WriteBuffer },
                    signed: vec![number as u8],
                    last_valid_block_height: 1,
                    lamports,
                };
                let lease = lease.map(|lease| self.leases[lease]);
                let recorded = match store.record_attempt(lease, &attempt, DAILY_LIMIT).await.unwrap() {
                    AttemptRecorded::Yes => "yes",
                    AttemptRecorded::LeaseLost => "lease lost",
                    AttemptRecorded::Repeated => "repeated",
                    AttemptRecorded::OverLimit { .. } => "over limit",
                };
                return Said::Else(Answer::Recorded(recorded));
            }
            Call::Ended { signature: number, outcome } => {
                let outcome = match outcome {
                    Outcome::Landed => AttemptOutcome::Landed(9),
                    Outcome::Refused => AttemptOutcome::Refused(9),
                    Outcome::Expired => AttemptOutcome::Expired,
                };
                store.end_attempt(&signature(number), outcome).await.unwrap();
                true
            }
            Call::End { lease, end } => store.end_intent(self.leases[lease], ending(end)).await.unwrap(),
            Call::Lead { .. } | Call::Resign | Call::Crash => return Said::Else(Answer::Did(false)),
        };
        Said::Else(Answer::Did(did))
    }

    /// Enrols a token that is not there, and may revoke it. Returns the newest change's number.
    async fn change(&self, token: u64, revokes: bool) -> u64 {
        let (store, registry) = (&self.f.store, self.f.registry);
        let place = store.enrol(registry, &[self.f.enrolment(1_000 + token)]).await.unwrap();
        if revokes {
            assert!(store.revoke(registry, place as u32).await.unwrap());
        }
        store.registry(registry).await.unwrap().unwrap().change_seq
    }

    /// What it said, with numbers; a new lease gets the next one.
    pub(crate) fn note(&mut self, call: &Call, said: Said) -> Answer {
        match said {
            Said::Leased(leased) => Answer::Leased(leased.map(|intent| {
                self.leases.push(intent.lease);
                // An intent can only be leased after it was seen as a row.
                let number = self.intents.iter().position(|id| *id == intent.lease.outbox_id).unwrap();
                self.tasks.push((number, intent.task));
                (number, intent.is_confirmed, intent.attempts)
            })),
            Said::Else(answer) => {
                if let (Call::End { lease, end: End::Final | End::Failed { .. } }, Answer::Did(true)) = (call, &answer)
                {
                    *self.ended.entry(self.leases[*lease].outbox_id).or_default() += 1;
                }
                answer
            }
        }
    }

    /// Takes or leaves the lead. Whether it worked.
    pub(crate) async fn lead(&mut self, call: &Call) -> Answer {
        match call {
            Call::Resign => {
                let leader = self.leader.take();
                let led = leader.is_some();
                if let Some(leader) = leader {
                    leader.resign().await;
                }
                Answer::Did(led)
            }
            Call::Crash => {
                let led = self.leader.take().is_some();
                nobody_leads(&self.bench.pool).await;
                Answer::Did(led)
            }
            _ => {
                let taken = self.f.store.try_lead(ROLE).await.unwrap();
                let leads = taken.is_some();
                assert!(!(leads && self.leader.is_some()), "two lead");
                if leads {
                    self.leader = taken;
                }
                Answer::Did(leads)
            }
        }
    }
}

/// Whether a task is the one that was asked for, with its proof for as long as it is open.
pub(crate) fn is_the_task(found: &IntentTask, expected: Task, model: &Model) -> bool {
    match (found, expected) {
        (IntentTask::PublishRoot { root_seq, root: value, revoke_earlier }, Task::Root(number)) => {
            let revokes = model.tree.revokes(number, |root| model.has_failed(root));
            (*root_seq, *value, *revoke_earlier) == (number, root(100), revokes)
        }
        (IntentTask::Settle { proof: Some(proof), root_seq: 1, .. }, Task::Settle(_, nullifier)) => {
            u64::from(proof[0]) == nullifier
        }
        _ => false,
    }
}
