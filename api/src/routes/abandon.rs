//! Clients that go away while they wait.

use tokio::runtime::Handle;
use uuid::Uuid;
use veilpass_store::{Store, TokenHash};

/// Gives a job up when dropped: the server drops a request's future when its connection ends, and then the client never
/// learns the job's token.
pub(crate) struct AbandonOnDrop {
    store: Store,
    job: Option<(Uuid, TokenHash)>,
}

impl AbandonOnDrop {
    pub(crate) fn new(store: Store, job: Uuid, token: TokenHash) -> Self {
        Self { store, job: Some((job, token)) }
    }

    /// The client is still there.
    pub(crate) fn disarm(mut self) {
        self.job = None;
    }
}

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        let (Some((job, token)), Ok(runtime)) = (self.job, Handle::try_current()) else { return };
        let store = self.store.clone();
        runtime.spawn(async move {
            match store.abandon_job(job, token).await {
                Ok(cancelled) => tracing::info!(%job, cancelled, "the client went away"),
                // It is proved for nobody.
                Err(error) => tracing::warn!(%job, %error, "the client went away, and its job cannot be cancelled"),
            }
        });
    }
}
