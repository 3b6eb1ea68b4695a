//! What provers say through Redis about how far jobs are, passed on to whoever follows them here.

use tokio::task::JoinSet;
use veilpass_shared_state::SharedState;
use veilpass_store::{JobSignals, STAGE_CHANNEL};

/// Listens until the set is dropped. What comes by `NOTIFY` the signals hear themselves.
pub(crate) fn listen(shared: &SharedState, signals: JobSignals) -> JoinSet<()> {
    let mut messages = shared.subscribe(STAGE_CHANNEL);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let message = messages.next().await;
            // Of a newer prover, perhaps.
            if let Some(Ok(message)) = std::str::from_utf8(&message).ok().map(str::parse) {
                signals.relay(message);
            }
        }
    });
    tasks
}
