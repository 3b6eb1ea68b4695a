//! Whether another job is taken, by how long it would have to wait.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::future::Cache;
use veilpass_protocol::ProverKeyId;
use veilpass_store::{KeyLoad, QueueLoad, Store, StoreError};

/// For how long figures of the database are used; what is admitted meanwhile is added.
const FRESH: Duration = Duration::from_secs(1);
/// What is assumed of a key whose provers have not said anything: one worker, and half a second for a proof.
const UNKNOWN_MEAN: Duration = Duration::from_millis(500);

/// Jobs that any client may have waiting, however slow the provers are.
const LEAST_SHARE: u64 = 16;

/// Estimates waits. Its figures are read once a second at most, whatever the number of requests.
pub(crate) struct Admission {
    store: Store,
    longest_wait: Duration,
    figures: Cache<(), Arc<Figures>>,
}

/// The load as it was read, and the jobs admitted since, for each key.
struct Figures(Vec<(KeyLoad, AtomicU64)>);

/// How long a job of some key would wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimate {
    /// Until a prover begins with it.
    pub(crate) wait: Duration,
    /// Time for one proof, of one worker.
    proof: Duration,
    workers: u64,
}

/// The wait would be too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong {
    /// Until a job would be taken, if no others come.
    pub(crate) retry_after: Duration,
}

impl Estimate {
    fn of(key: Option<(KeyLoad, u64)>) -> Self {
        let (open, workers, proof) = key.map_or((0, 0, UNKNOWN_MEAN), |(load, admitted)| {
            (load.open + admitted, load.workers, if load.workers == 0 { UNKNOWN_MEAN } else { load.mean_proof })
        });
        let workers = workers.max(1);
        Self { wait: proof.mul_f64(open as f64 / workers as f64), proof, workers }
    }

    /// Until its proof is there.
    pub(crate) fn until_done(&self) -> Duration {
        self.wait + self.proof
    }

    /// Jobs of one client that may wait when many wait: an eighth of them, and a few in any case. Those that it cancelled count
    /// until their turn would have come.
    pub(crate) fn client_share(&self) -> u64 {
        ((self.wait.as_secs_f64() / self.proof.as_secs_f64() * self.workers as f64) as u64 / 8).max(LEAST_SHARE)
    }

    /// Until a full queue has room for a tenth of its capacity.
    pub(crate) fn until_room(&self, capacity: u32) -> Duration {
        self.proof.mul_f64((f64::from(capacity) / 10.0).max(1.0) / self.workers as f64)
    }

    fn admit(self, longest_wait: Duration) -> Result<Self, TooLong> {
        match self.wait.checked_sub(longest_wait) {
            None | Some(Duration::ZERO) => Ok(self),
            Some(retry_after) => Err(TooLong { retry_after }),
        }
    }
}

/// For a `Retry-After`: whole seconds, rounded up, at least one.
pub(crate) fn retry_after_seconds(wait: Duration) -> u32 {
    (wait.as_secs_f64().ceil() as u32).max(1)
}

impl Admission {
    pub(crate) fn new(store: Store, longest_wait: Duration) -> Self {
        let figures = Cache::builder().max_capacity(1).time_to_live(FRESH).build();
        Self { store, longest_wait, figures }
    }

    /// How long a job for this key would wait.
    pub(crate) async fn estimate(&self, key: ProverKeyId) -> Result<Estimate, Arc<StoreError>> {
        let figures = self.figures().await?;
        Ok(Estimate::of(figures.of(key).map(|(load, admitted)| (*load, admitted.load(Ordering::Relaxed)))))
    }

    /// The same, and counts the job, unless it would wait too long.
    pub(crate) async fn admit(&self, key: ProverKeyId) -> Result<Result<Estimate, TooLong>, Arc<StoreError>> {
        let figures = self.figures().await?;
        let of_key = figures.of(key);
        let before = of_key.map(|(load, admitted)| (*load, admitted.fetch_add(1, Ordering::Relaxed)));
        let admitted = Estimate::of(before).admit(self.longest_wait);
        if let (Err(_), Some((_, count))) = (admitted, of_key) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(admitted)
    }

    async fn figures(&self) -> Result<Arc<Figures>, Arc<StoreError>> {
        // Concurrent requests wait for one query, and share its error.
        let read = async { self.store.queue_load().await.map(|load| Arc::new(Figures::new(load))) };
        self.figures.try_get_with((), read).await
    }
}

impl Figures {
    fn new(load: QueueLoad) -> Self {
        Self(load.keys.into_iter().map(|key| (key, AtomicU64::new(0))).collect())
    }

    fn of(&self, key: ProverKeyId) -> Option<&(KeyLoad, AtomicU64)> {
        self.0.iter().find(|(load, _)| load.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(open: u64, workers: u64, mean_ms: u64, admitted: u64) -> Estimate {
        let key = ProverKeyId::from_bytes([0; 16]);
        Estimate::of(Some((KeyLoad { key, open, workers, mean_proof: Duration::from_millis(mean_ms) }, admitted)))
    }

    #[test]
    fn the_wait_is_the_work_ahead_over_the_workers() {
        assert_eq!(estimate(90, 4, 200, 10).wait, Duration::from_secs(5));
        assert_eq!(estimate(0, 4, 200, 0).until_done(), Duration::from_millis(200));
        assert_eq!(estimate(10, 0, 0, 0).wait, Duration::from_secs(5), "a key that lives, without a report");
        assert_eq!(Estimate::of(None).until_done(), UNKNOWN_MEAN);
    }

    #[test]
    fn one_client_has_an_eighth_of_a_long_queue() {
        assert_eq!(estimate(160, 2, 200, 0).client_share(), 20);
        assert_eq!(estimate(0, 2, 200, 0).client_share(), LEAST_SHARE);
    }

    #[test]
    fn who_is_refused_hears_when_the_queue_will_have_drained() {
        let longest = Duration::from_secs(30);
        assert!(estimate(300, 2, 200, 0).admit(longest).is_ok(), "exactly the longest");
        let refused = estimate(400, 2, 200, 25).admit(longest).unwrap_err();
        assert_eq!(retry_after_seconds(refused.retry_after), 13);
        assert_eq!(estimate(0, 2, 200, 0).until_room(1000), Duration::from_secs(10));
        assert_eq!(estimate(0, 2, 200, 0).until_room(1), Duration::from_millis(100));
        assert_eq!(retry_after_seconds(Duration::ZERO), 1);
        assert_eq!(retry_after_seconds(Duration::MAX), u32::MAX);
    }
}
