//! Telling how far jobs are: for whoever watches one, best effort, and never in the way of a proof.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use veilpass_shared_state::{RedisState, SharedState};
use veilpass_store::{JobStage, STAGE_CHANNEL, StageMessage, Store};

/// Messages that wait for the database; more are lost.
const WAITING: usize = 1024;
/// Messages in one statement.
const BATCH: usize = 64;

/// Tells through Redis while that answers, else through Postgres.
pub(crate) struct Stages {
    shared: SharedState,
    to_database: mpsc::Sender<StageMessage>,
}

impl Stages {
    /// Starts the task that tells the database.
    pub(crate) fn start(shared: SharedState, store: Store, tasks: &TaskTracker, stop: CancellationToken) -> Arc<Self> {
        let (to_database, messages) = mpsc::channel(WAITING);
        tasks.spawn(tell_database(store, messages, stop));
        Arc::new(Self { shared, to_database })
    }

    /// A job has reached a stage.
    pub(crate) fn reached(&self, job: Uuid, attempt: i32, stage: JobStage) {
        let message = StageMessage { job, attempt: attempt.unsigned_abs(), stage };
        if self.shared.redis_state() == RedisState::Up {
            self.shared.publish(STAGE_CHANNEL, message.to_string().into_bytes());
        } else {
            // If that many wait the database is away, and nobody hears of anything.
            let _ = self.to_database.try_send(message);
        }
    }
}

async fn tell_database(store: Store, mut messages: mpsc::Receiver<StageMessage>, stop: CancellationToken) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        batch.clear();
        tokio::select! {
            () = stop.cancelled() => return,
            count = messages.recv_many(&mut batch, BATCH) => if count == 0 { return },
        }
        if let Err(error) = store.tell_stages(&batch).await {
            tracing::debug!(%error, "cannot tell how far jobs are");
        }
    }
}
