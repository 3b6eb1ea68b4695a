//! The connection that listens.

use std::{sync::Arc, time::Duration};

use sqlx::postgres::PgListener;
use tokio::time::sleep;

use super::Shared;
use crate::StoreError;

/// Channels that the table's triggers notify, the second with the job's id; and what provers say.
const QUEUED: &str = "veilpass_jobs_queued";
const ENDED: &str = "veilpass_jobs_ended";
pub(super) const STAGES: &str = "veilpass_job_stages";

/// Between two attempts to connect: doubled from the first to the last.
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(5);

/// Listens until the pool is closed.
pub(super) async fn listen(shared: Arc<Shared>) {
    let mut back_off = FIRST_BACK_OFF;
    while !shared.store.pool.is_closed() {
        let mut heard = false;
        if let Err(error) = hear(&shared, &mut heard).await {
            tracing::debug!(error = %StoreError::from(error), "not listening for jobs at the moment");
        }
        back_off = if heard { FIRST_BACK_OFF } else { (back_off * 2).min(LONGEST_BACK_OFF) };
        sleep(back_off).await;
    }
}

/// Passes notifications on until the connection fails. `heard`: it worked for a while.
async fn hear(shared: &Shared, heard: &mut bool) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(&shared.store.pool).await?;
    listener.listen_all([QUEUED, ENDED, STAGES]).await?;
    *heard = true;
    loop {
        // From here on nothing is missed; what came before may have been.
        shared.queued.send_replace(());
        shared.look.notify_one();
        while let Some(notification) = listener.try_recv().await? {
            match notification.channel() {
                QUEUED => shared.queued.send_replace(()),
                STAGES => notification.payload().parse().into_iter().for_each(|stage| shared.stages.tell(stage)),
                _ => notification.payload().parse().into_iter().for_each(|id| shared.ends.wake(id)),
            }
        }
        // The listener has connected again by itself.
    }
}
