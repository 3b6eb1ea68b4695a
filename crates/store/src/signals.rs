//! Who waits for a job, or for its end, is woken by the database: `LISTEN` and `NOTIFY`, with a poll as the fallback.
//!
//! Triggers on the table notify when a job is queued and when one ends. One connection listens; when it fails it is made
//! again, and whoever waits then looks, since notifications of the meantime are lost. Without it everything still works, at
//! the pace of the poll.

mod end_waits;
mod listener;
mod stages;

use std::{sync::Arc, time::Duration};

use end_waits::{EndWait, EndWaits};
use stages::{Follower, Stages};
pub use stages::{JobStage, ParseStageError, STAGE_CHANNEL, StageMessage};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use uuid::Uuid;

use crate::{Store, StoreError};

/// Most waits for the end of a job at once.
pub const MAX_END_WAITS: usize = 512;
/// How often ends are looked for without a notification.
const POLL: Duration = Duration::from_secs(1);

/// Signals of the queue. Cheap to clone; the connection is given back with the last clone.
#[derive(Clone, Debug)]
pub struct JobSignals {
    shared: Arc<Shared>,
    /// Aborted with the last clone.
    _tasks: Arc<JoinSet<()>>,
}

#[derive(Debug)]
struct Shared {
    store: Store,
    queued: watch::Sender<()>,
    ends: EndWaits,
    stages: Stages,
    /// Ends may have been missed.
    look: Notify,
    permits: Arc<Semaphore>,
}

impl Store {
    /// Starts to listen. Needs a tokio runtime, and one connection of the pool while it lasts.
    pub fn job_signals(&self) -> JobSignals {
        self.job_signals_with(POLL)
    }

    /// The same with another interval between looks without a notification.
    pub fn job_signals_with(&self, poll: Duration) -> JobSignals {
        let shared = Arc::new(Shared {
            store: self.clone(),
            queued: watch::Sender::new(()),
            ends: EndWaits::default(),
            stages: Stages::default(),
            look: Notify::new(),
            permits: Arc::new(Semaphore::new(MAX_END_WAITS)),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(listener::listen(Arc::clone(&shared)));
        tasks.spawn(look_for_ends(Arc::clone(&shared), poll));
        JobSignals { shared, _tasks: Arc::new(tasks) }
    }

    /// Tells all who listen on this database how far jobs are. Each costs a notification, so many are best told at once.
    pub async fn tell_stages(&self, messages: &[StageMessage]) -> Result<(), StoreError> {
        let texts: Vec<String> = messages.iter().map(ToString::to_string).collect();
        sqlx::query("SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message")
            .bind(listener::STAGES)
            .bind(texts)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Those of these jobs that have not ended.
    async fn open_jobs_among(&self, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        sqlx::query_scalar("SELECT id FROM proof_jobs WHERE id = ANY ($1) AND state IN ('queued', 'leased')")
            .bind(ids)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::from)
    }
}

impl JobSignals {
    /// For one of a prover's workers.
    pub fn watch_queue(&self) -> JobWatch {
        JobWatch { queued: self.shared.queued.subscribe() }
    }

    /// Follows a job. Whoever does this looks at the job afterwards: what was told before is not heard. The caller bounds how
    /// many there are.
    pub fn follow(&self, job: Uuid) -> JobFollower {
        let shared = &self.shared;
        JobFollower { stages: shared.stages.follow(job), end: shared.ends.register(job), _signals: self.clone() }
    }

    /// Passes on to those who follow what was heard another way.
    pub fn relay(&self, message: StageMessage) {
        self.shared.stages.tell(message);
    }

    /// A place among those who wait for the end of a job, if less than [`MAX_END_WAITS`] are taken.
    pub fn try_wait(&self) -> Option<WaitPermit> {
        let permit = Arc::clone(&self.shared.permits).try_acquire_owned().ok()?;
        Some(WaitPermit { signals: self.clone(), _permit: permit })
    }
}

/// Follows one job.
#[derive(Debug)]
pub struct JobFollower {
    stages: Follower,
    end: EndWait,
    // The listener lives as long as anybody follows.
    _signals: JobSignals,
}

/// What is heard of a job that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobNews {
    /// It has reached a stage.
    Stage(StageMessage),
    /// It has ended.
    Ended,
}

impl JobFollower {
    /// The next news. Stages may be missed; the end is not, though it may be heard of a second later. May be dropped half-way.
    pub async fn next(&mut self) -> JobNews {
        tokio::select! {
            // What was told before the end is heard before it.
            biased;
            message = self.stages.next() => JobNews::Stage(message),
            () = self.end.ended() => JobNews::Ended,
        }
    }
}

/// Sees when jobs are queued.
#[derive(Clone, Debug)]
pub struct JobWatch {
    queued: watch::Receiver<()>,
}

impl JobWatch {
    /// Returns when a job may have been queued since the last call returned, or since this was made; at the latest after
    /// `poll`. All watches wake for each job: whoever finds none waits again.
    ///
    /// To miss none: lease until there is nothing to lease, then wait.
    pub async fn wait_for_job(&mut self, poll: Duration) {
        let changed = async {
            if self.queued.changed().await.is_err() {
                // The signals are gone; the poll is left.
                std::future::pending::<()>().await;
            }
        };
        let _ = timeout(poll, changed).await;
    }
}

/// A place among those who wait for the end of a job.
#[derive(Debug)]
pub struct WaitPermit {
    signals: JobSignals,
    _permit: OwnedSemaphorePermit,
}

impl WaitPermit {
    /// Waits until a job has ended, for `longest` at most. `false`: it has not, as far as we know.
    pub async fn wait_for_end(self, id: Uuid, longest: Duration) -> bool {
        let shared = &self.signals.shared;
        let mut wait = shared.ends.register(id);
        // Registered first, so that an end between the two is seen. If the look fails, others follow.
        if shared.store.open_jobs_among(&[id]).await.is_ok_and(|open| open.is_empty()) {
            return true;
        }
        timeout(longest, wait.ended()).await.is_ok()
    }
}

/// Finds the ends whose notification was missed: one query for all that wait.
async fn look_for_ends(shared: Arc<Shared>, poll: Duration) {
    let mut ticks = interval(poll);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shared.look.notified() => {}
        }
        let waited_for = shared.ends.ids();
        if waited_for.is_empty() {
            continue;
        }
        match shared.store.open_jobs_among(&waited_for).await {
            Ok(open) => waited_for.iter().filter(|id| !open.contains(id)).for_each(|id| shared.ends.wake(*id)),
            Err(error) => tracing::debug!(%error, "cannot look for jobs that ended"),
        }
    }
}
