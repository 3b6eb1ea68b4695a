//! Who waits for the end of which job.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use uuid::Uuid;

type Waits = HashMap<Uuid, watch::Sender<bool>>;

/// One entry for each job that somebody waits for; it goes with the last of them.
#[derive(Clone, Debug, Default)]
pub(super) struct EndWaits(Arc<Mutex<Waits>>);

/// Waits for the end of one job, until dropped.
#[derive(Debug)]
pub(super) struct EndWait {
    id: Uuid,
    ended: watch::Receiver<bool>,
    waits: EndWaits,
}

impl EndWaits {
    fn lock(&self) -> MutexGuard<'_, Waits> {
        // Nothing that holds it panics half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn register(&self, id: Uuid) -> EndWait {
        let ended = self.lock().entry(id).or_insert_with(|| watch::Sender::new(false)).subscribe();
        EndWait { id, ended, waits: self.clone() }
    }

    pub(super) fn wake(&self, id: Uuid) {
        if let Some(sender) = self.lock().get(&id) {
            sender.send_replace(true);
        }
    }

    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.lock().keys().copied().collect()
    }
}

impl EndWait {
    /// Completes when the job has ended.
    pub(super) async fn ended(&mut self) {
        // The sender lives in the map for as long as we do.
        let _ = self.ended.wait_for(|ended| *ended).await;
    }
}

impl Drop for EndWait {
    fn drop(&mut self) {
        if let Entry::Occupied(entry) = self.waits.lock().entry(self.id)
            && entry.get().receiver_count() <= 1
        {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wakes_whoever_waits_and_forgets_whoever_left() {
        let waits = EndWaits::default();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (mut first, second, third) = (waits.register(one), waits.register(one), waits.register(other));
        waits.wake(one);
        // Woken before it waited.
        first.ended().await;
        drop((first, third));
        assert_eq!(waits.ids(), [one]);
        drop(second);
        assert!(waits.ids().is_empty());
        waits.wake(one);
    }
}
