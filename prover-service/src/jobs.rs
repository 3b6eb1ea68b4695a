//! A slot's work: lease a job, prove while the heart beats, end the job.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{sync::watch, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use veilpass_store::{JobSignals, JobStage, LeasedJob, MAX_ATTEMPTS, Store, StoreError};
use veilpass_telemetry::error_chain;

use crate::{
    key_ring::{HeldKey, KeyRing},
    pool::{PinnedWorker, Slot, proof_ended},
    prove::{AttemptError, Proved, Shared, prove},
};

/// How often an idle slot looks for a job without being told of one.
const POLL: Duration = Duration::from_secs(1);
/// How long a slot waits after the database failed.
const BACK_OFF: Duration = Duration::from_secs(1);

/// What the jobs of a prover have in common.
pub(crate) struct JobContext {
    pub(crate) store: Store,
    pub(crate) shared: Arc<Shared>,
    pub(crate) keys: Arc<KeyRing>,
    /// Name of the prover, unique among those that run.
    pub(crate) prover: String,
    pub(crate) lease: Duration,
    /// How long a job in flight may go on when the prover stops.
    pub(crate) drain: Duration,
    pub(crate) stop: CancellationToken,
    /// Whether there is memory for another proof.
    pub(crate) gate: watch::Receiver<bool>,
    /// Tells of jobs that were queued.
    pub(crate) signals: JobSignals,
    /// Jobs in flight.
    pub(crate) in_flight: TaskTracker,
}

/// Leases jobs for a slot until the prover stops. A job runs beside this, so that the slot goes on with its new worker while
/// one that was swapped finishes.
pub(crate) async fn serve_slot(context: Arc<JobContext>, slot: Arc<Slot>, number: usize) {
    let leaseholder = format!("{}-{number}", context.prover);
    let (mut gate, mut queue) = (context.gate.clone(), context.signals.watch_queue());
    loop {
        let worker = tokio::select! {
            () = context.stop.cancelled() => return,
            worker = async {
                // An error means that nobody watches the memory any more: we are stopping.
                let _ = gate.wait_for(|is_open| *is_open).await;
                slot.acquire().await
            } => worker,
        };
        match context.lease_next(&leaseholder).await {
            Ok(Some((job, key))) => {
                let context = Arc::clone(&context);
                context.in_flight.clone().spawn(async move { context.work(worker, job, key).await });
            }
            Ok(None) => {
                drop(worker);
                tokio::select! {
                    () = context.stop.cancelled() => return,
                    () = queue.wait_for_job(POLL) => {}
                }
            }
            Err(error) => {
                drop(worker);
                tracing::warn!(error = error_chain(&error), "cannot lease a job");
                context.pause(BACK_OFF).await;
            }
        }
    }
}

impl JobContext {
    /// The job whose turn it is, of those that are sealed to a key that retires, then of the others.
    async fn lease_next(&self, leaseholder: &str) -> Result<Option<(LeasedJob, Arc<HeldKey>)>, StoreError> {
        for key in self.keys.held() {
            if let Some(job) = self.store.lease_job(key.id(), leaseholder, self.lease).await? {
                return Ok(Some((job, key)));
            }
        }
        Ok(None)
    }

    async fn pause(&self, duration: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = sleep(duration) => {}
        }
    }

    /// Proves while the heart beats, then ends the job.
    async fn work(&self, worker: PinnedWorker, job: LeasedJob, key: Arc<HeldKey>) {
        let (pid, since) = (worker.pid(), Instant::now());
        tracing::info!(job = %job.id, attempt = job.attempts, pid, "leased");
        let outcome = {
            let proving = prove(&self.shared, worker, &job, &key);
            let drained = self.drained();
            tokio::pin!(proving, drained);
            loop {
                tokio::select! {
                    outcome = &mut proving => break outcome,
                    () = &mut drained => return self.give_back(&job, pid).await,
                    () = sleep(self.lease / 3) => if !self.beat(&job).await {
                        // Somebody else has the job, or nobody wants it any more. The worker finishes by itself.
                        return;
                    },
                }
            }
        };
        self.end(&job, outcome, since.elapsed()).await;
    }

    async fn end(&self, job: &LeasedJob, outcome: Result<Proved, AttemptError>, took: Duration) {
        let ended = match outcome {
            Ok(proved) => {
                tracing::info!(job = %job.id, proof_ms = took.as_millis() as u64, root_seq = proved.root_seq, "proved");
                proof_ended("proved", took);
                self.store.complete_job(job.id, job.lease_id, proved.root_seq, proved.proof.as_bytes()).await
            }
            Err(AttemptError::Refused(failure)) => {
                tracing::info!(job = %job.id, failure = failure.code(), "refused");
                proof_ended("refused", took);
                self.store.fail_job(job.id, job.lease_id, failure).await
            }
            Err(error) => {
                tracing::error!(job = %job.id, attempt = job.attempts, %error, "the attempt failed");
                proof_ended("failed", took);
                let ended = self.store.retry_job(job.id, job.lease_id, error.reason()).await;
                if job.attempts < MAX_ATTEMPTS {
                    self.shared.stages.reached(job.id, job.attempts + 1, JobStage::Queued);
                }
                ended
            }
        };
        match ended {
            Ok(true) => {}
            Ok(false) => tracing::warn!(job = %job.id, "the lease was lost; another worker has the job"),
            // The lease expires and the job is tried again: nothing is lost but the work.
            Err(error) => tracing::warn!(job = %job.id, error = error_chain(&error), "cannot end the job"),
        }
    }

    /// Completes when a stopping prover has waited long enough.
    async fn drained(&self) {
        self.stop.cancelled().await;
        sleep(self.drain).await;
    }

    /// Puts a job back whose proof will not be ready before this prover must stop, and ends its worker.
    async fn give_back(&self, job: &LeasedJob, worker_pid: u32) {
        // It may hang: the thread that waits for it would keep us from stopping.
        let _ = killpg(Pid::from_raw(worker_pid.cast_signed()), Signal::SIGKILL);
        match self.store.release_job(job.id, job.lease_id).await {
            Ok(released) => tracing::warn!(job = %job.id, released, "gave the job back"),
            Err(error) => tracing::warn!(job = %job.id, error = error_chain(&error), "cannot give the job back"),
        }
    }

    /// `false`: the lease is lost.
    async fn beat(&self, job: &LeasedJob) -> bool {
        match self.store.heartbeat(job.id, job.lease_id, self.lease).await {
            Ok(true) => true,
            Ok(false) => {
                tracing::warn!(job = %job.id, "the lease is lost");
                false
            }
            // It may come back before the lease ends.
            Err(error) => {
                tracing::warn!(job = %job.id, error = error_chain(&error), "no heartbeat");
                true
            }
        }
    }
}
