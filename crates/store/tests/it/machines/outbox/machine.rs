//! The outbox itself.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use proptest_state_machine::StateMachineTest;
use uuid::Uuid;
use veilpass_store::{IntentLease, IntentTask, Leadership, VerificationState};

use super::{
    calls::{Call, Step},
    client::is_the_task,
    model::{FORGOTTEN, Model, State, Task},
    rows,
};
use crate::{
    events::{PROGRAM, batch, event, published},
    fixture::{Fixture, anchored_fixture},
    machines::{bench::Bench, overlap::overlap, signature},
};

pub(crate) struct Outbox {
    pub(crate) bench: Rc<Bench>,
    pub(crate) f: Fixture,
    pub(crate) leases: Vec<IntentLease>,
    /// Rows' names, in the order of the intents.
    pub(crate) intents: Vec<i64>,
    /// The newest lease's, to be checked.
    pub(crate) tasks: Vec<(usize, IntentTask)>,
    /// Of each intent all buffers that it had.
    seeds: Vec<Vec<Uuid>>,
    /// How often an intent ended for good.
    pub(crate) ended: BTreeMap<i64, usize>,
    pub(crate) leader: Option<Leadership>,
}

/// Everything that happened, happened earlier.
const PASS: &str = "
    UPDATE chain_outbox SET created_at = created_at - past, lease_expires_at = lease_expires_at - past,
        not_before = not_before - past;
    UPDATE chain_attempts SET created_at = created_at - past, ended_at = ended_at - past;";

impl Outbox {
    async fn call_all(&mut self, step: Step, model: &Model) -> Vec<super::calls::Answer> {
        // The model is ahead.
        let newest_root =
            |call: &Call| model.newest_root - u64::from(matches!(call, Call::Publish { is_late: false, .. }));
        match step {
            Step::Call(call @ (Call::Lead { .. } | Call::Resign | Call::Crash)) => vec![self.lead(&call).await],
            Step::Call(call) => {
                let said = self.call(&call, newest_root(&call)).await;
                vec![self.note(&call, said)]
            }
            Step::Overlap(first, second) => {
                let id = self.intents[first.intent(model).unwrap()];
                let lock = format!("SELECT FROM chain_outbox WHERE id = {id} FOR UPDATE");
                let (one, two) = overlap(&self.bench.pool, &lock, self.call(&first, 0), self.call(&second, 0)).await;
                vec![self.note(&first, one), self.note(&second, two)]
            }
            Step::Pass(seconds) => {
                self.bench.age(PASS, seconds).await;
                vec![]
            }
        }
    }

    /// What the outbox says of itself.
    async fn check_figures(&self, model: &Model) {
        let store = &self.f.store;
        let count = |is: &dyn Fn(&super::model::Intent) -> bool| model.intents.iter().filter(|i| is(i)).count() as u64;
        assert_eq!(store.open_intents().await.unwrap(), count(&|intent| intent.is_open()), "open");
        assert_eq!(store.spent_in_a_day().await.unwrap(), model.spent(), "spent");
        let figures = store.relay_figures(PROGRAM).await.unwrap();
        let is_root = |intent: &super::model::Intent| matches!(intent.task, Task::Root(_));
        let settle = count(&|intent| intent.waits() && !is_root(intent));
        let publish = count(&|intent| intent.waits() && is_root(intent));
        assert_eq!((figures.settle.pending, figures.publish.pending), (settle, publish), "figures");
        let is_newest = |intent: &&super::model::Intent| intent.task == Task::Root(model.newest_root);
        let under_way = model.intents.iter().find(is_newest).is_some_and(|intent| intent.state != State::Failed);
        let pending = store.pending_changes(PROGRAM).await.unwrap()[0];
        assert_eq!((pending.root_seq, pending.is_under_way), (model.newest_root, under_way));
        let included = model.tree.included_before(model.newest_root + 1, |root| model.has_failed(root));
        let changes = model.tree.changes();
        assert_eq!((pending.change_seq, pending.included), (changes as u64, included as u64), "changes");
        let forgotten = store.forgotten_housekeeping(Duration::from_secs(FORGOTTEN)).await.unwrap();
        let expected = model.forgotten().into_iter().map(signature);
        assert!(forgotten.iter().map(|attempt| attempt.signature.clone()).eq(expected), "{forgotten:?}");
        for (number, id) in self.intents.iter().enumerate() {
            let (open, expired) = model.of_intent(number);
            let found: Vec<_> =
                store.open_attempts(*id).await.unwrap().into_iter().map(|attempt| attempt.signature).collect();
            assert!(found.iter().cloned().eq(open.into_iter().map(signature)), "transactions of {number}: {found:?}");
            assert_eq!(store.expired_attempts(*id).await.unwrap(), expired, "expired of {number}");
        }
    }

    /// How far settlements are, as their listeners are told.
    async fn check_settlements(&self, model: &Model) {
        let settlements = "SELECT id, verification_id FROM chain_outbox WHERE verification_id IS NOT NULL";
        let settlements: Vec<(i64, Uuid)> = sqlx::query_as(settlements).fetch_all(&self.bench.pool).await.unwrap();
        for (id, verification) in settlements {
            let number = self.intents.iter().position(|known| *known == id).unwrap();
            let begun = model.transactions.iter().any(|t| t.intent == Some(number));
            let expected = match model.intents[number].state {
                State::Pending if begun => VerificationState::Uploading,
                State::Pending => VerificationState::Accepted,
                State::Sent => VerificationState::Verifying,
                State::Confirmed => VerificationState::Verified,
                State::Final => VerificationState::Final,
                State::Failed => VerificationState::Refused,
            };
            let status = self.f.store.verification_status(verification).await.unwrap().unwrap();
            assert_eq!(status.state, expected, "settlement of {number}");
        }
    }
}

impl StateMachineTest for Outbox {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        let bench = Bench::cleared();
        let f = bench.wait(async {
            let f = anchored_fixture(&bench.pool).await;
            f.publish(1, 100).await;
            // It is on the chain, and done with.
            f.store.apply_chain_batch(PROGRAM, &batch(vec![event(&f, 1, published(100, 1, 0))])).await.unwrap();
            sqlx::raw_sql("DELETE FROM chain_outbox").execute(&bench.pool).await.unwrap();
            f
        });
        let (leases, intents, tasks, seeds) = (vec![], vec![], vec![], vec![]);
        Self { bench, f, leases, intents, tasks, seeds, ended: BTreeMap::new(), leader: None }
    }

    fn apply(mut outbox: Self, model: &Model, step: Step) -> Self {
        let bench = Rc::clone(&outbox.bench);
        bench.wait(async {
            let answers = outbox.call_all(step, model).await;
            assert_eq!(answers, model.answers, "what was answered, and what should be");
            for (number, task) in outbox.tasks.drain(..) {
                assert!(is_the_task(&task, model.intents[number].task, model), "{number} is another task: {task:?}");
            }
            let found = rows::found(&bench.pool, &outbox.leases, &mut outbox.intents, &mut outbox.seeds).await;
            assert_eq!(found, rows::expected(model), "what the tables hold, and what they should");
        });
        outbox
    }

    fn check_invariants(outbox: &Self, model: &Model) {
        assert!(outbox.ended.values().all(|times| *times == 1), "an intent ended twice");
        outbox.bench.wait(async {
            outbox.check_figures(model).await;
            outbox.check_settlements(model).await;
        });
    }

    fn teardown(mut outbox: Self, _: Model) {
        let bench = Rc::clone(&outbox.bench);
        bench.wait(outbox.lead(&Call::Resign));
    }
}
